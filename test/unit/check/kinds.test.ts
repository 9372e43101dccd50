/** How many checkers of each kind there are, and the descriptors that they may need. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckConfig } from "../../../src/config/check-model.js";
import { CHECKERS } from "../../../src/check/checkers/table.js";
import { raiseDescriptorLimit } from "../../../src/check/effects/descriptors.js";
import { countKinds } from "../../../src/check/kinds.js";
import { read } from "../config/fake-files.js";

function virtualServers(...bodies: string[]): CheckConfig["virtualServers"] {
  const blocks = bodies.map(
    (body, i) =>
      `virtual_server 10.0.0.${i + 1} 80 {\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n ${body}\n}\n`,
  );
  return read(blocks.join("")).config.check.virtualServers;
}

const TCP = "TCP_CHECK {\n}\n";
const MISC = "MISC_CHECK {\n misc_path /bin/true\n}\n";
const server = (last: number, checkers: string): string => `real_server 10.1.0.${last} 80 {\n${checkers}}\n`;

test("checkers are counted by kind over all virtual servers, also when some of them were counted before", () => {
  const all = virtualServers(server(1, TCP + TCP) + server(2, MISC), server(3, TCP), server(4, ""));
  assert.deepEqual(
    [...countKinds(all)],
    [
      ["tcp", 3],
      ["misc", 1],
    ],
  );
  const [first, , third] = all;
  assert.ok(first !== undefined && third !== undefined);
  assert.deepEqual(
    [...countKinds([third, first, first])],
    [
      ["tcp", 4],
      ["misc", 2],
    ],
  );
  assert.equal(countKinds([third]).size, 0);
});

test("a virtual server is counted once, however often it is asked for", () => {
  const [one] = virtualServers(server(1, TCP));
  assert.ok(one !== undefined);
  let readings = 0;
  const watched = Object.defineProperty({ ...one }, "realServers", {
    get: () => {
      readings++;
      return one.realServers;
    },
  });
  for (let i = 0; i < 3; i++) assert.deepEqual([...countKinds([watched])], [["tcp", 1]]);
  assert.equal(readings, 1);
});

test("the limit of open files is raised for every checker that opens a socket, and left alone when it is high enough", () => {
  const set: number[][] = [];
  let soft = 1024;
  const addon = {
    getLimit: (): [number, number] => [soft, 4096],
    setLimit: (_: number, ...limits: [number, number]) => void set.push(limits),
  };
  const log = { detail() {}, info() {}, warning: (text: string) => assert.fail(text), error() {} };
  const many = (count: number, checker: string): string =>
    Array.from({ length: count }, (_, i) => server(i + 1, checker)).join("");
  const full = virtualServers(...Array.from({ length: 5 }, () => many(200, TCP)));
  raiseDescriptorLimit(addon, full, CHECKERS, log);
  assert.deepEqual(set, [[1256, 4096]]);
  soft = 1256;
  raiseDescriptorLimit(addon, full, CHECKERS, log);
  assert.equal(set.length, 1, "it is as high as it has to be");
  soft = 1024;
  raiseDescriptorLimit(addon, virtualServers(many(200, TCP), many(200, MISC)), CHECKERS, log);
  assert.equal(set.length, 1, "a script opens no socket");
});
