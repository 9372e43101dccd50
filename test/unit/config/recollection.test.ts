/** A reading that recognises what is as it was gives the same as one that reads everything. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import type { ReadOptions, ReadResult } from "../../../src/config/read-config.js";
import { instance, messages, read as readOnce } from "./fake-files.js";

const RUNS = 1000;

const globals = fc.constantFrom(
  "",
  "global_defs {\n vrrp_version 3\n}\n",
  "global_defs {\n vrrp_garp_master_repeat 2\n checker_log_all_failures\n}\n",
  "global_defs {\n smtp_alert\n smtp_server 10.0.0.1\n notification_email {\n  a@b\n }\n notification_email_from c@d\n}\n",
  "global_defs {\n nonsense\n}\n",
);
const settings = fc.constantFrom(
  "",
  " priority 90\n",
  " advert_int 3\n",
  " nopreempt\n",
  " strict_mode\n",
  " use_vmac vm1\n",
  " track_interface {\n  eth1\n }\n",
  " notify /bin/true\n",
  " debug x\n",
  " notify_priority_changes\n",
  " @main priority 80\n @other priority 70\n",
);
const router = fc
  .tuple(fc.nat(4), fc.nat(4), fc.nat(5), fc.constantFrom("", " dev eth1", " scope office"), settings)
  .map(
    ([n, vrid, address, option, more]) =>
      `vrrp_instance V${n} {\n interface eth0\n${vrid > 0 ? ` virtual_router_id ${vrid}\n` : ""}${more} virtual_ipaddress {\n  10.0.0.${address}${option}\n }\n}\n`,
  );
const checker = fc.constantFrom(
  "",
  "  TCP_CHECK {\n  }\n",
  "  TCP_CHECK {\n   retry x\n  }\n",
  "  smtp_alert\n",
  "  notify_up /bin/true\n",
);
const service = fc
  .tuple(fc.nat(4), checker)
  .map(
    ([n, check]) =>
      `virtual_server 10.1.0.${n} 80 {\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n real_server 10.2.0.1 80 {\n  weight 2\n${check} }\n}\n`,
  );
const group = fc
  .tuple(fc.nat(4), fc.nat(4), fc.constantFrom("", " notify_priority_changes on\n", " smtp_alert\n"))
  .map(([one, two, more]) => `vrrp_sync_group G {\n group {\n  V${one}\n  V${two}\n }\n${more}}\n`);
const odd = fc.constantFrom(
  "\n",
  "# remark\n",
  "\n\n  ! remark\n",
  "}\n",
  "nonsense\n",
  "@x nonsense\n",
  "vrrp_instance V0 { interface eth0\n virtual_router_id 9\n virtual_ipaddress {\n 10.0.0.9 } }\n",
  "vrrp_instance V1 {\n interface eth0\n virtual_router_id 8\n virtual_ipaddress {\n 10.0.0.8\n }\n} ",
  "{\n",
);
const part = fc.oneof(
  { weight: 5, arbitrary: router },
  { weight: 4, arbitrary: service },
  { weight: 1, arbitrary: group },
  { weight: 2, arbitrary: odd },
);
const parts = fc.array(part, { maxLength: 8 });

interface Edit {
  at: number;
  remove: number;
  insert: string[];
}
const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(8),
  remove: fc.nat(2),
  insert: fc.array(part, { maxLength: 2 }),
});

function read(text: string, options: Partial<ReadOptions> = {}): ReadResult {
  return readOnce(text, { remember: true, ...options });
}

/** All that a caller sees. */
function seen({ config, diagnostics: _, remembered: __, ...verdict }: ReadResult): unknown {
  return { config, verdict };
}

function same(text: string, first: ReadResult, options: Partial<ReadOptions> = {}): ReadResult {
  const again = read(text, { ...options, before: first.remembered });
  const anew = readOnce(text, options);
  assert.deepEqual(seen(again), seen(anew));
  assert.equal(messages(again), messages(anew));
  return again;
}

test("after any change it gives what a full reading gives, and so does the one after it", () => {
  const global = fc.tuple(globals, globals, fc.nat(2));
  const end = fc.tuple(fc.constantFrom("", "}", "x"), fc.boolean());
  fc.assert(
    fc.property(global, parts, edit, edit, end, ([usual, other, changes], list, one, two, [more, cut]) => {
      const second = list.toSpliced(one.at, one.remove, ...one.insert);
      const third = second.toSpliced(two.at, two.remove, ...two.insert);
      const text = usual + list.join("");
      const before = read(cut ? text.slice(0, -1) : text);
      const copy = structuredClone(seen(before));
      const next = same((changes === 1 ? other : usual) + second.join("") + more, before);
      assert.deepEqual(seen(before), copy, "what is in force is left alone");
      same((changes > 0 ? other : usual) + third.join(""), next);
    }),
    { numRuns: RUNS },
  );
});

test("other global settings make everything new", () => {
  const text = instance("priority 7");
  same(`global_defs {\n vrrp_version 3\n}\n${text}`, read(text));
});

test("another answer of the host makes everything new", () => {
  const text = instance("priority 7");
  const first = read(text, { interfaceExists: () => true, interfaceMtu: () => 1500 });
  const gone = same(text, first, { interfaceExists: () => false });
  assert.match(messages(gone), /there is no interface/);
  same(text, first, { interfaceExists: () => true, interfaceMtu: () => 56 });
});

test("a name that stands in a file of the host is looked up again", () => {
  const text = instance("priority 7").replace("10.0.0.1/24", "10.0.0.1/24 scope office");
  assert.match(text, /office/);
  same(text, read(text, { routingName: () => 9 }), { routingName: () => 10 });
});

test("the last line may have no end", () => {
  const text = instance("priority 7").trimEnd();
  const first = read(text);
  assert.equal(same(text, first).config.vrrp.instances[0], first.config.vrrp.instances[0]);
  same(`${text} nonsense`, first);
  same(`${text}\nnonsense\n`, first);
  same(`${text} # remark and more\n`, read(`${text} # remark`));
  same(`${text} # remark\\\n more\n`, read(`${text} # remark`));
  const other = text.replace("e V", "e W").replace("id 51", "id 52").replace("10.0.0.1", "10.0.0.2");
  same(`${other}\n`, same(`${text} ${other}\n`, read(`${text} `)));
});

test("a changed instance takes the address of one that did not change", () => {
  const one = instance("priority 7").replace("10.0.0.1", "10.0.0.9");
  const two = instance("priority 7").replace("vrrp_instance V", "vrrp_instance W").replace("id 51", "id 52");
  const first = read(one + two);
  assert.match(messages(same(one.replace("10.0.0.9", "10.0.0.1") + two, first)), /belongs to 'V' too/);
  same(two + one.replace("10.0.0.9", "10.0.0.1"), first);
});

const many = Array.from(
  { length: 300 },
  (_, n) =>
    `vrrp_instance V${n} {\n interface eth0\n virtual_router_id ${(n % 255) + 1}\n mcast_dst_ip 224.0.0.${n < 255 ? 18 : 19}\n virtual_ipaddress {\n  10.${n >> 8}.${n & 255}.1\n }\n}\n`,
);

test("instances that did not change are the same objects", () => {
  const first = read(many.join(""));
  const changed = many.with(100, (many[100] ?? "").replace("router_id 101", "router_id 101\n priority 3"));
  const next = same(changed.join(""), first).config.vrrp.instances;
  first.config.vrrp.instances.forEach((config, n) => {
    if (n < 100) assert.equal(next[n], config);
    else assert.notEqual(next[n], config);
  });
  assert.deepEqual(
    next.slice(101).map(({ position }) => position.line),
    first.config.vrrp.instances.slice(101).map(({ position }) => position.line + 1),
  );
});

test("remarks between blocks, and lines for another host, change nothing but places", () => {
  const text = `global_defs {\n vrrp_version 3\n}\n${many.slice(0, 3).join("")}`;
  const first = read(text);
  const next = same(`# remark\n\n@other nonsense\n${text}`, first);
  assert.deepEqual(
    next.config.vrrp.instances.map(({ announce }) => announce),
    first.config.vrrp.instances.map(({ announce }) => announce),
  );
  next.config.vrrp.instances.forEach(({ announce }, n) =>
    assert.equal(announce, first.config.vrrp.instances[n]?.announce, "it was not read again"),
  );
  same(`@main nonsense\n${text}`, first);
  same(text.replace("global_defs", "@other global_defs"), first);
});

test("a file with definitions, or of several files, is read in full", () => {
  assert.equal(read(`$A=1\n${instance("priority $A")}`).remembered, undefined);
  assert.equal(read(`include none\n${instance("priority 1")}`).remembered, undefined);
  assert.notEqual(read(instance("priority 1")).remembered, undefined);
});

test("a second instance of a name that cannot exist is a duplicate still", () => {
  const one = instance("priority 7");
  const lacking = instance("priority 8").replace(/ *virtual_router_id .*\n/, "");
  assert.doesNotMatch(lacking, /virtual_router_id/);
  same(one + lacking, read(one + lacking));
  const others = many.slice(0, 100).join("").replaceAll("vrrp_instance V", "vrrp_instance W");
  same(lacking + one, read(one + others + lacking));
});

test("under another name of the host a condition decides anew", () => {
  const text = instance("priority 7\n@one nopreempt");
  const first = read(text, { configId: "one" });
  assert.equal(first.config.vrrp.instances[0]?.preempt, false);
  assert.equal(same(text, first, { configId: "two" }).config.vrrp.instances[0]?.preempt, true);
});

test("reading again and again keeps no file in memory but the latest", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const remark = `# ${"remark ".repeat(50)}\n`.repeat(10);
  const list = many.slice(0, 60).map((text, n) => {
    const named = text.replace(`e V${n} `, `e a_long_name_that_nobody_else_has_${n} `);
    return remark + named.replace("interface eth0", `interface ethernet-${1000 + n}`);
  });
  let latest = read(list.join(""));
  const size = list.join("").length;
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < list.length; n++) {
    list[n] = list[n]?.replace("mcast_dst_ip 224.0.0.18", "mcast_dst_ip 224.100.100.118") ?? "";
    latest = read(list.join(""), { before: latest.remembered });
  }
  assert.equal(latest.config.vrrp.instances[59]?.multicastGroup, "224.100.100.118");
  collect();
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 10 * size, `${grown} bytes more after 60 readings of ${size}`);
});
