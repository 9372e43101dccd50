/** What `--dump-conf` writes is the configuration in force, and reads back to the same one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { hideSecrets } from "../../../src/config/dump.js";
import {
  aroundOf,
  catalogue,
  type Entry,
  kindOfEntry,
  numeral,
  rangeOf,
  samplesOf,
} from "./catalogue-samples.js";
import { instance, messages, read } from "./fake-files.js";

const dumpOf = (text: string): string => read(text, { record: true }).dump ?? "";

/** The configuration without the places it was read from, and without what is only said about lines. */
function meaning(text: string): unknown {
  const { config } = read(text);
  const told = new Set(["position", "notActedOn"]);
  return JSON.parse(JSON.stringify(config, (key, value: unknown) => (told.has(key) ? undefined : value)));
}

function roundTrip(text: string): void {
  const dumped = dumpOf(text);
  const [now, before] = [meaning(dumped), meaning(text)];
  if (!isDeepStrictEqual(now, before))
    assert.deepEqual(now, before, `${text}\n--- dumped as ---\n${dumped}\n${messages(read(dumped))}`);
  const uncommented = (dump: string): string => dump.replace(/^ *# not taken.*\n/gm, "");
  assert.equal(uncommented(dumpOf(dumped)), uncommented(dumped));
}

test("includes, conditions, definitions and sequences are resolved", () => {
  const text = `$IF=eth0
$ALL=\\
  priority 150 \\
  advert_int 2
@main vrrp_instance V { interface $IF
@other priority 7
  $ALL
  virtual_router_id 51   # the usual
  virtual_ipaddress {
    ~SEQ(I,1,2) 10.0.0.\${I}/24   dev   $IF
  }
}
`;
  assert.equal(
    dumpOf(text),
    `vrrp_instance V {
    interface eth0
    priority 150
    advert_int 2
    virtual_router_id 51
    virtual_ipaddress {
        10.0.0.1/24 dev eth0
        10.0.0.2/24 dev eth0
    }
}
`,
  );
});

test("of keywords given twice the one in force is there, and values as they are used", () => {
  const text = instance(
    "priority 7\npriority 300\nversion 2\nversion 3\nstate BACKUPX\nnonsense\nauthentication {\n auth_type PASS\n}\nauthentication {\n auth_pass x\n}\ntrack_interface {\n eth1 weight 999 reverse\n eth2 wieght 5\n}",
  );
  assert.equal(
    dumpOf(text),
    `vrrp_instance V {
    interface eth0
    virtual_router_id 51
    priority 100
    version 2
    state BACKUP
    authentication {
        auth_type PASS
        auth_pass x
    }
    track_interface {
        eth1
        eth2
    }
    virtual_ipaddress {
        10.0.0.1/24
    }
}
`
      .replace("eth1 reverse", "eth1   reverse")
      .replace("eth2\n", "eth2\n"),
  );
});

test("characters that mean something stay what they are", () => {
  for (const word of [
    "a\\#b",
    '"a # b ! c"',
    '"{ }"',
    "a'b",
    "'a  b'",
    '"$X"',
    "a\\b",
    '""',
    "x\\!",
    '"ü"',
    '"a"b',
  ])
    roundTrip(`global_defs {\n router_id ${word}\n}\n`);
  roundTrip('global_defs {\n notification_email {\n  @^ @b\n "@c d" @^ \n }\n}\n');
  roundTrip(instance('notify_master "/bin/x \'a  b\' \\"q\\" \\# \\\\" root'));
});

test("what a log shows holds no password", () => {
  const dumped = dumpOf(instance("authentication {\n auth_type PASS\n auth_pass secret\n}"));
  assert.match(dumped, /auth_pass secret/);
  assert.doesNotMatch(hideSecrets(dumped), /secret/);
  assert.match(hideSecrets(dumped), /auth_pass \*{8}\n/);
});

test("each sample of the catalogue reads back to the same configuration", () => {
  for (const entry of catalogue) {
    if (entry.kind === "parser") continue;
    for (const { before, after, line } of samplesOf(entry))
      roundTrip(before + line.replaceAll("%", usual(entry)) + after);
  }
});

const keywords = new Map<string, Entry[]>();
for (const entry of catalogue) {
  if (entry.kind === "parser" || kindOfEntry(entry) !== undefined) continue;
  keywords.set(entry.block, [...(keywords.get(entry.block) ?? []), entry]);
}

function usual(entry: Entry): string {
  const { low, high = Number.POSITIVE_INFINITY } = rangeOf(entry) ?? { low: 5 };
  return numeral(Math.min(high, Math.max(low, 5)));
}

/** A number of the range, an end, or one that is refused. */
function numberFor(entry: Entry): fc.Arbitrary<string> {
  const range = rangeOf(entry);
  if (range === undefined) return fc.constantFrom("5", "7", "x");
  const { low, high = low + 1000, step } = range;
  const inside = fc.integer({
    min: Math.ceil(low),
    max: Math.floor(Math.min(high, Number.MAX_SAFE_INTEGER)),
  });
  return fc.oneof(
    { weight: 8, arbitrary: inside.map(numeral) },
    fc.constantFrom(low, high, low - step, high + step).map(numeral),
  );
}

const line = (entry: Entry): fc.Arbitrary<string> => {
  const lines = samplesOf(entry).map((sample) => sample.line);
  if (lines.length === 0) return fc.constant("");
  return fc
    .tuple(fc.constantFrom(...lines), numberFor(entry))
    .map(([text, number]) => text.replaceAll("%", number));
};

/** The same line in other words of the language. */
const disguise = (text: string): fc.Arbitrary<string> => {
  if (/[\n{}]/.test(text) || text === "") return fc.constant(text);
  return fc.constantFrom(
    text,
    text,
    `@main ${text}`,
    `@^other   ${text}  # c`,
    `$L=${text}\n$L`,
    `~SEQ(I,2) ${text}`,
    `\t${text}`,
    `@other nonsense\n${text}`,
  );
};

const blockText = fc.constantFrom(...keywords.keys()).chain((block) => {
  const [before, after] = aroundOf(block);
  const entry = fc.constantFrom(...(keywords.get(block) ?? []));
  const lines = fc.array(entry.chain(line).chain(disguise), { minLength: 1, maxLength: 12 });
  return lines.map((list) => `${before}${list.join("\n")}${after}`);
});

const configuration = fc.array(blockText, { minLength: 1, maxLength: 3 }).map((blocks) => blocks.join(""));

test("generated configurations read back to the same ones", () => {
  fc.assert(fc.property(configuration, roundTrip), { numRuns: 500, endOnFailure: false });
});

test("generated configurations with a piece cut out read back to what is left of them", () => {
  const cut = fc.tuple(configuration, fc.nat(10_000), fc.integer({ min: 1, max: 12 }));
  fc.assert(
    fc.property(cut, ([text, at, length]) => {
      const from = at % text.length;
      roundTrip(text.slice(0, from) + text.slice(from + length));
    }),
    { numRuns: 500, endOnFailure: false },
  );
});
