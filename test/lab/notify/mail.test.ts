/** Mails through real connections: good relays, and ones that stall, refuse, or are not there. On the loopback only. */
import assert from "node:assert/strict";
import { promises, Resolver } from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { after, test } from "node:test";
import { loadMailTransport, Mailer } from "../../../src/core/mail.js";
import type { MailRoute } from "../../../src/notify/mail-route.js";
import { until } from "../harness/patience.js";
import { makeCertificate, Relay, type RelayManners } from "./smtp-relay.js";

const { certificate, remove } = makeCertificate();
after(remove);

const LOGIN = { user: "daemon", password: "s3cret" };

class Scene {
  readonly said: string[] = [];
  readonly mailer: Mailer;
  /** Added to the clock of the queue, so that nobody waits for its pauses. */
  #ahead = 0;

  constructor() {
    this.mailer = new Mailer({
      now: () => performance.now() + this.#ahead,
      log: (level, text) => this.said.push(`${level}: ${text}`),
      load: loadMailTransport,
      instance: "test",
    });
  }

  /** Time passes for the queue. */
  skip(millis: number, route: MailRoute): void {
    this.#ahead += millis;
    this.mailer.setRoute(route);
  }

  until(holds: () => boolean): Promise<void> {
    return until(() => `mails and answers; said so far:\n${this.said.join("\n")}`, holds);
  }
}

function routeTo(relays: readonly { port: number }[], more: Partial<MailRoute> = {}): MailRoute {
  return {
    servers: relays.map(({ port }) => ({ host: "127.0.0.1", port })),
    from: "Lab, Router <router@example.net>",
    recipients: ["Ops <ops@example.net>", "second@example.net"],
    heloName: "router.example.net",
    timeoutMillis: 400,
    tls: "off",
    verify: true,
    ...more,
  };
}

async function withRelays(
  manners: readonly RelayManners[],
  body: (relays: readonly Relay[], scene: Scene) => Promise<void>,
): Promise<void> {
  const relays = await Promise.all(manners.map((each) => Relay.open(each)));
  const scene = new Scene();
  try {
    await body(relays, scene);
  } finally {
    await scene.mailer.end(0);
    await Promise.all(relays.map((relay) => relay.close()));
  }
}

const NOT_THERE = { port: 1 };

test("a plain relay gets each alert once, in order, as upstream writes it", async () => {
  await withRelays([{}], async ([relay], scene) => {
    assert.ok(relay);
    scene.mailer.setRoute(routeTo([relay]));
    const subjects = Array.from(
      { length: 20 },
      (_unused, i) => `[R] VRRP Instance V${i} - Entering MASTER state`,
    );
    for (const subject of subjects) scene.mailer.add({ subject, body: "=> VRRP Instance <=" });
    await scene.until(() => relay.mails.length === 20);
    assert.deepEqual(relay.subjects(), subjects);
    const [mail] = relay.mails;
    assert.ok(mail);
    assert.equal(mail.from, "router@example.net");
    assert.deepEqual(mail.to, ["ops@example.net", "second@example.net"]);
    assert.match(mail.text, /^From: "Lab, Router" <router@example\.net>$/m);
    assert.match(mail.text, /^To: Ops <ops@example\.net>, second@example\.net$/m);
    assert.match(mail.text, /^X-Mailer: Keepalived$/m);
    assert.match(mail.text, /^Date: \w{3}, \d+ \w{3} \d{4} [\d:]+ /m);
    assert.match(mail.text, /\n\n=> VRRP Instance <=\n/);
    assert.equal(mail.encrypted, false);
  });
});

test("three hundred alerts at once, as when many instances change, are all mailed", async () => {
  await withRelays([{}], async ([relay], scene) => {
    assert.ok(relay);
    scene.mailer.setRoute(routeTo([relay]));
    const subjects = Array.from({ length: 300 }, (_unused, i) => `alert ${i}`);
    for (const subject of subjects) scene.mailer.add({ subject, body: "b" });
    await scene.until(() => relay.mails.length === 300);
    assert.deepEqual(relay.subjects(), subjects);
  });
});

test("a relay's name is looked up as the system does it, also when no name server answers", async (t) => {
  t.mock.method(Resolver.prototype, "resolve4", () => undefined);
  t.mock.method(Resolver.prototype, "resolve6", () => undefined);
  await withRelays([{}], async ([relay], scene) => {
    assert.ok(relay);
    const servers = [{ host: "localhost", port: relay.port }];
    scene.mailer.setRoute(routeTo([], { servers }));
    scene.mailer.add({ subject: "one", body: "b" });
    await scene.until(() => relay.mails.length === 1 || scene.said.length > 0);
    assert.equal(relay.mails.length, 1, scene.said.join());
    await scene.until(() => scene.said.length === 1);
    assert.match(scene.said[0] ?? "", /sent to 2 recipients by localhost:\d+$/);
  });
});

test("a relay with several addresses is reached at the one that answers", async (t) => {
  const addresses = ["127.0.0.2", "127.0.0.1"].map((address) => ({ address, family: 4 }));
  const { mock } = t.mock.method(promises, "lookup", () => Promise.resolve(addresses));
  syncBuiltinESMExports();
  t.after(() => {
    mock.restore();
    syncBuiltinESMExports();
  });
  await withRelays([{}], async ([relay], scene) => {
    assert.ok(relay);
    scene.mailer.setRoute(routeTo([], { servers: [{ host: "relay.test", port: relay.port }] }));
    scene.mailer.add({ subject: "one", body: "b" });
    await scene.until(() => scene.said.length === 1);
    assert.match(scene.said[0] ?? "", /sent to 2 recipients by relay\.test:\d+$/);
    assert.deepEqual(relay.subjects(), ["one"]);
  });
});

test("a certificate is judged by the relay's name, not by the address that was found", async () => {
  await withRelays([{ tls: "on", certificate }], async ([relay], scene) => {
    assert.ok(relay);
    const servers = [{ host: "localhost", port: relay.port }];
    scene.mailer.setRoute(routeTo([], { servers, tls: "on", caFile: certificate.file }));
    scene.mailer.add({ subject: "one", body: "b" });
    await scene.until(() => scene.said.length === 1);
    assert.match(scene.said[0] ?? "", /could not be sent .*localhost.* not in the cert/);
    assert.equal(relay.mails.length, 0);
  });
});

test("STARTTLS and login", async () => {
  await withRelays([{ tls: "starttls", certificate, login: LOGIN }], async ([relay], scene) => {
    assert.ok(relay);
    scene.mailer.setRoute(routeTo([relay], { tls: "starttls", caFile: certificate.file, login: LOGIN }));
    scene.mailer.add({ subject: "one", body: "b" });
    await scene.until(() => relay.mails.length === 1);
    assert.equal(relay.mails[0]?.encrypted, true);
    assert.equal(relay.mails[0]?.user, LOGIN.user);
    await scene.until(() => scene.said.length === 1);
    assert.match(scene.said[0] ?? "", /^info: Mail 'one' sent to 2 recipients by 127\.0\.0\.1:\d+$/);
  });
});

test("TLS from the first byte", async () => {
  await withRelays([{ tls: "on", certificate }], async ([relay], scene) => {
    assert.ok(relay);
    scene.mailer.setRoute(routeTo([relay], { tls: "on", verify: false }));
    scene.mailer.add({ subject: "one", body: "b" });
    await scene.until(() => relay.mails.length === 1);
    assert.equal(relay.mails[0]?.encrypted, true);
  });
});

test("a certificate that nobody vouches for is not trusted, and no password is sent", async () => {
  await withRelays([{ tls: "starttls", certificate, login: LOGIN }], async ([relay], scene) => {
    assert.ok(relay);
    scene.mailer.setRoute(routeTo([relay], { tls: "starttls", login: LOGIN }));
    scene.mailer.add({ subject: "one", body: "b" });
    await scene.until(() => scene.said.length === 1);
    assert.match(scene.said[0] ?? "", /^warning: Mail 'one' could not be sent .*self.signed certificate/);
    assert.equal(relay.mails.length, 0);
  });
});

test("a relay without STARTTLS gets nothing when STARTTLS is asked for", async () => {
  await withRelays([{ login: LOGIN }], async ([relay], scene) => {
    assert.ok(relay);
    scene.mailer.setRoute(routeTo([relay], { tls: "starttls", login: LOGIN }));
    scene.mailer.add({ subject: "one", body: "b" });
    await scene.until(() => scene.said.length === 1);
    assert.match(scene.said[0] ?? "", /could not be sent/);
    assert.equal(relay.mails.length, 0);
  });
});

test("a wrong password is given up with the relay's words", async () => {
  await withRelays([{ login: LOGIN }], async ([relay], scene) => {
    assert.ok(relay);
    scene.mailer.setRoute(routeTo([relay], { login: { user: "daemon", password: "wrong" } }));
    scene.mailer.add({ subject: "one", body: "b" });
    await scene.until(() => scene.said.length === 1);
    assert.match(
      scene.said[0] ?? "",
      /^error: Mail 'one' given up after 1 attempt .*535 Authentication failed/,
    );
  });
});

for (const stallAt of ["greeting", "EHLO", "DATA", "."] as const) {
  test(`a relay that stalls at ${stallAt} holds nothing up: the next one is tried`, async () => {
    await withRelays([{ stallAt }, {}], async ([stalling, good], scene) => {
      assert.ok(stalling && good);
      scene.mailer.setRoute(routeTo([stalling, good]));
      scene.mailer.add({ subject: "one", body: "b" });
      scene.mailer.add({ subject: "two", body: "b" });
      await scene.until(() => good.mails.length === 2);
      assert.deepEqual(good.subjects(), ["one", "two"]);
      assert.ok(stalling.connections >= 1);
    });
  });
}

test("without a relay that answers, alerts are kept, tried again, and each arrives once", async () => {
  const scene = new Scene();
  const route = routeTo([NOT_THERE]);
  scene.mailer.setRoute(route);
  for (const subject of ["one", "two", "three"]) scene.mailer.add({ subject, body: "b" });
  await scene.until(() => scene.said.length === 1);
  assert.match(
    scene.said[0] ?? "",
    /could not be sent \(127\.0\.0\.1:1: .*ECONNREFUSED.*next attempt in 5\.0 s$/,
  );
  const relay = await Relay.open();
  scene.skip(5000, routeTo([NOT_THERE, relay]));
  await scene.until(() => relay.mails.length === 3);
  await scene.mailer.end(0);
  assert.deepEqual(relay.subjects(), ["one", "two", "three"]);
  await relay.close();
});

test("what a relay refuses for the moment is tried again, what it refuses for good is given up and said", async () => {
  await withRelays([{ replies: { MAIL: "451 later" } }], async ([relay], scene) => {
    assert.ok(relay);
    const route = routeTo([relay]);
    scene.mailer.setRoute(route);
    scene.mailer.add({ subject: "one", body: "b" });
    await scene.until(() => scene.said.length === 1);
    assert.match(scene.said[0] ?? "", /^warning: Mail 'one' could not be sent .*451 later/);
    relay.manners = {};
    scene.skip(5000, route);
    await scene.until(() => relay.mails.length === 1);
    relay.manners = { replies: { RCPT: "550 nobody of that name" } };
    scene.mailer.add({ subject: "two", body: "b" });
    await scene.until(() => scene.said.some((line) => line.startsWith("error")));
    assert.match(scene.said.at(-1) ?? "", /^error: Mail 'two' given up after 1 attempt .*550 nobody/);
    relay.manners = { replies: { ".": "554 no thanks" } };
    scene.mailer.add({ subject: "three", body: "b" });
    await scene.until(() => scene.said.filter((line) => line.startsWith("error")).length === 2);
    assert.deepEqual(relay.subjects(), ["one"]);
  });
});

test("a recipient whom the relay refuses for the moment gets the mail later, alone, and holds up no other mail", async () => {
  await withRelays([{ recipients: { "second@example.net": "450 greylisted" } }], async ([relay], scene) => {
    assert.ok(relay);
    const route = routeTo([relay]);
    scene.mailer.setRoute(route);
    scene.mailer.add({ subject: "one", body: "b" });
    await scene.until(() => scene.said.length === 2);
    assert.match(scene.said[0] ?? "", /^info: Mail 'one' sent to 1 recipient by/);
    assert.match(
      scene.said[1] ?? "",
      /^warning: Mail 'one' to second@example\.net could not be sent \(.*450 greylisted\); next attempt in 5\.0 s$/,
    );
    scene.mailer.add({ subject: "two", body: "b" });
    await scene.until(() => scene.said.length === 4);
    relay.manners = {};
    scene.skip(5000, route);
    await scene.until(() => relay.mails.length === 4);
    const who = relay.mails.map(({ to }, i) => `${relay.subjects()[i]} ${to.join()}`);
    assert.deepEqual(who, [
      "one ops@example.net",
      "two ops@example.net",
      "one second@example.net",
      "two second@example.net",
    ]);
    await scene.until(() => scene.said.length === 6);
    assert.match(scene.said.at(-1) ?? "", /^info: Mail 'two' sent to 1 recipient by/);
    assert.match(relay.mails[2]?.text ?? "", /^To: Ops <ops@example\.net>, second@example\.net$/m);
  });
});

test("a recipient whom one relay refuses for the moment gets the mail by the next one; one refused for good is named", async () => {
  const recipients = { "second@example.net": "450 greylisted", "third@example.net": "550 nobody" };
  await withRelays([{ recipients }, {}], async ([first, next], scene) => {
    assert.ok(first && next);
    const people = ["ops@example.net", "second@example.net", "third@example.net"];
    scene.mailer.setRoute(routeTo([first, next], { recipients: people }));
    scene.mailer.add({ subject: "one", body: "b" });
    await scene.until(() => scene.said.length === 3);
    assert.deepEqual(
      first.mails.map(({ to }) => to),
      [["ops@example.net"]],
    );
    assert.deepEqual(
      next.mails.map(({ to }) => to),
      [["second@example.net"]],
    );
    assert.match(scene.said[1] ?? "", /^warning: Mail 'one': .* refused third@example\.net \(550 nobody\)$/);
  });
});

test("a recipient who is refused for the moment at the end is given up by name", async () => {
  await withRelays([{ recipients: { "second@example.net": "450 greylisted" } }], async ([relay], scene) => {
    assert.ok(relay);
    scene.mailer.setRoute(routeTo([relay]));
    scene.mailer.add({ subject: "one", body: "b" });
    await scene.until(() => relay.mails.length === 1);
    await scene.mailer.end(3000);
    assert.equal(relay.mails.length, 1);
    assert.match(scene.said.at(-1) ?? "", /^error: Mail 'one' to second@example\.net given up after/);
  });
});

test("an alert that cannot be sent for an hour is given up, with the number of attempts", async () => {
  const scene = new Scene();
  const route = routeTo([NOT_THERE]);
  scene.mailer.setRoute(route);
  scene.mailer.add({ subject: "one", body: "b" });
  await scene.until(() => scene.said.length === 1);
  scene.skip(3_600_000, route);
  await scene.until(() => scene.said.length === 2);
  assert.match(
    scene.said[1] ?? "",
    /^error: Mail 'one' given up after 2 attempts in 360\d s: .*ECONNREFUSED/,
  );
});

test("at the end what waits is sent, or given up and said, within the limit", async () => {
  await withRelays([{}], async ([relay], scene) => {
    assert.ok(relay);
    scene.mailer.setRoute(routeTo([relay]));
    for (const subject of ["one", "two"]) scene.mailer.add({ subject, body: "b" });
    await scene.mailer.end(3000);
    assert.deepEqual(relay.subjects(), ["one", "two"]);
  });
  await withRelays([{ stallAt: "greeting" }], async ([relay], scene) => {
    assert.ok(relay);
    scene.mailer.setRoute(routeTo([relay], { timeoutMillis: 30_000 }));
    for (const subject of ["one", "two"]) scene.mailer.add({ subject, body: "b" });
    const began = performance.now();
    await scene.mailer.end(300);
    assert.ok(performance.now() - began < 1000);
    const givenUp = scene.said.filter((line) => /given up .* the daemon ends$/.test(line));
    assert.equal(givenUp.length, 2, scene.said.join("\n"));
  });
});

test("a queue that is full gives up the oldest and says so", async () => {
  await withRelays([{ stallAt: "greeting" }], async ([relay], scene) => {
    assert.ok(relay);
    scene.mailer.setRoute(routeTo([relay], { timeoutMillis: 30_000 }));
    await scene.until(() => true);
    scene.mailer.add({ subject: "sending", body: "b" });
    await scene.until(() => relay.connections === 1);
    for (let i = 1; i <= 4001; i++) scene.mailer.add({ subject: `alert ${i}`, body: "b" });
    const givenUp = scene.said.filter((line) => line.includes("given up"));
    assert.deepEqual(
      givenUp.map((line) => /'(.*)' given up after 0 attempts .*: 4000 others wait$/.exec(line)?.[1]),
      ["alert 1", "alert 2"],
    );
  });
});
