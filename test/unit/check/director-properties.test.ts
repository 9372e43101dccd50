/** Virtual servers under random results, weights, addresses and reloads: what must hold whatever happens. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CheckConfig } from "../../../src/config/check-model.js";
import { gainsQuorum, losesQuorum } from "../../../src/check/quorum.js";
import { type Farm, SECOND } from "./farm.js";
import { config, farm, Graveyard, type ServerText, text } from "./graveyard.js";

type Deed =
  | { kind: "die"; server: number; check: number }
  | { kind: "revive"; server: number; check: number }
  | { kind: "reload"; texts: number }
  | { kind: "pass"; seconds: number }
  | { kind: "addresses"; count: number };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({
    kind: fc.constant("die" as const),
    server: fc.integer({ min: 1, max: 4 }),
    check: fc.integer({ min: 0, max: 1 }),
  }),
  fc.record({
    kind: fc.constant("revive" as const),
    server: fc.integer({ min: 1, max: 4 }),
    check: fc.integer({ min: 0, max: 1 }),
  }),
  fc.record({ kind: fc.constant("reload" as const), texts: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant("pass" as const), seconds: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant("addresses" as const), count: fc.integer({ min: 0, max: 2 }) }),
);

const serverText: fc.Arbitrary<ServerText> = fc.record({
  weight: fc.integer({ min: 0, max: 4 }),
  checks: fc.integer({ min: 0, max: 2 }),
  more: fc.constantFrom("", "inhibit_on_failure", "alpha"),
});

const anyText = fc
  .record({
    servers: fc.array(serverText, { minLength: 1, maxLength: 4 }),
    quorum: fc.integer({ min: 1, max: 6 }),
    hysteresis: fc.integer({ min: 0, max: 3 }),
    more: fc.constantFrom("", "sorry_server 10.2.0.1 80", "sorry_server 10.2.0.1 80\n sorry_server_inhibit"),
    flags: fc.constantFrom("", "alpha", "omega", "ha_suspend"),
  })
  .map(({ servers, quorum, hysteresis, more, flags }) =>
    text(servers, `quorum ${quorum}\n hysteresis ${hysteresis}\n ${more}\n ${flags}`),
  );

/** What holds between any two events. */
function judge(made: Farm): void {
  for (const service of made.director.services) {
    for (const server of service.servers) {
      const down = server.checkers.filter(({ schedule }) => !schedule.up).length;
      assert.equal(server.failedCheckers, down, "failed checkers are those that are not up");
      assert.equal(server.alive, down === 0, "alive is who has no failed checker");
    }
    if (service.quorumUp)
      assert.ok(!losesQuorum(service.config, service.liveWeight), "quorum should be lost");
    else assert.ok(!gainsQuorum(service.config, service.liveWeight), "quorum should be gained");
    if (service.quorumUp) assert.ok(!service.sorryServing, "both serve");
    if (!service.quorumUp && service.config.sorryServer !== undefined)
      assert.ok(service.sorryServing, "nobody serves");
    const serving = service.destinations().filter(({ weight }) => weight > 0);
    if (service.sorryServing)
      assert.deepEqual(
        serving.map(({ address }) => address),
        ["10.2.0.1"],
      );
    else assert.ok(serving.every(({ address }) => address !== "10.2.0.1"));
  }
}

test("whatever happens: counts, quorum, sorry server and kernel agree, and events of a service alternate", () => {
  fc.assert(
    fc.property(
      fc.array(anyText, { minLength: 4, maxLength: 4 }),
      fc.array(deed, { maxLength: 40 }),
      (texts, deeds) => {
        const configs = texts.map(config);
        const graveyard = new Graveyard();
        const made = farm(texts[0] ?? "", graveyard).farm;
        const applied = new AppliedServices(made);
        made.start();
        judge(made);
        for (const step of deeds) {
          if (step.kind === "die") graveyard.dead.add(`10.1.0.${step.server}:${8000 + step.check}`);
          else if (step.kind === "revive")
            graveyard.dead.delete(`10.1.0.${step.server}:${8000 + step.check}`);
          else if (step.kind === "reload") made.reload(configs[step.texts] as CheckConfig);
          else if (step.kind === "addresses") made.setAddressCount("[10.0.0.1]:tcp:80", step.count);
          else made.advance(step.seconds * SECOND);
          judge(made);
          applied.compare();
        }
      },
    ),
    { numRuns: 300 },
  );
});

/** The kernel hears of every change. */
class AppliedServices {
  readonly #farm: Farm;
  #known = "[]";

  constructor(made: Farm) {
    this.#farm = made;
  }

  compare(): void {
    const now = JSON.stringify(this.#farm.services());
    const told = this.#farm.takeApplied().length > 0;
    if (now !== this.#known) assert.ok(told, "a change that the kernel does not hear of");
    this.#known = now;
  }
}
