/** Console lines, and the thin log of the children. */
import assert from "node:assert/strict";
import test from "node:test";
import { createChildLog } from "../../../src/platform/child-log.js";
import { formatConsoleLine, formatDate } from "../../../src/platform/log-lines.js";
import type { LogLine, ToCore } from "../../../src/platform/messages.js";

test("the date is that of %c in the C locale", () => {
  assert.equal(formatDate(new Date(2026, 10, 25, 17, 39, 0).getTime()), "Wed Nov 25 17:39:00 2026");
  assert.equal(formatDate(new Date(2026, 0, 4, 7, 3, 9).getTime()), "Sun Jan  4 07:03:09 2026");
});

test("control characters of a foreign text do not reach the terminal", () => {
  const line = formatConsoleLine(new Date(2026, 0, 4, 7, 3, 9).getTime(), "a\u001b[2Jb\tc");
  assert.equal(line, "Sun Jan  4 07:03:09 2026: a\\x1b[2Jb\tc\n");
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("the lines of one turn travel as one message, with the time at which they were written", async () => {
  const sent: ToCore[] = [];
  let clock = 1000;
  const log = createChildLog(
    (message) => void sent.push(message),
    0,
    () => clock++,
  );
  log.info("one");
  log.warning("two");
  assert.equal(sent.length, 0);
  await turn();
  const lines: LogLine[] = [
    { level: "info", text: "one", atMillis: 1000 },
    { level: "warning", text: "two", atMillis: 1001 },
  ];
  assert.deepEqual(sent, [{ kind: "log", lines }]);
  await turn();
  assert.equal(sent.length, 1);
});

test("detail is built only when it is wanted", async () => {
  const sent: ToCore[] = [];
  const log = createChildLog((message) => void sent.push(message));
  let built = 0;
  const detail = (): string => `built ${++built}`;
  log.detail(detail);
  await turn();
  assert.deepEqual([built, sent.length], [0, 0]);
  log.setDetail(1);
  log.detail(detail);
  log.detail("text");
  log.flush();
  assert.equal(built, 1);
  assert.equal(sent.length, 1);
});

/** What each message says. */
const texts = (sent: readonly ToCore[]): string[][] =>
  sent.map((message) => (message.kind === "log" ? message.lines.map(({ text }) => text) : []));

test("details alone wait for company, and go before what came after them", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sent: ToCore[] = [];
  const log = createChildLog((message) => void sent.push(message), 1);
  log.detail("a");
  await turn();
  log.detail("b");
  t.mock.timers.tick(49);
  await turn();
  assert.deepEqual(texts(sent), []);
  log.info("c");
  await turn();
  assert.deepEqual(texts(sent), [["a", "b", "c"]]);
  t.mock.timers.tick(49);
  log.detail("d");
  t.mock.timers.tick(49);
  await turn();
  assert.equal(sent.length, 1, "the time counts from the first that waits");
  t.mock.timers.tick(1);
  await turn();
  assert.deepEqual(texts(sent), [["a", "b", "c"], ["d"]]);
});

test("many lines go a hundred in each turn of the loop, all of them at the end", async () => {
  const sent: ToCore[] = [];
  const log = createChildLog((message) => void sent.push(message), 1);
  const lines = Array.from({ length: 350 }, (_, i) => `${i}`);
  for (const line of lines) log.detail(line);
  log.info("last");
  await turn();
  assert.deepEqual(texts(sent), [lines.slice(0, 100)]);
  await turn();
  assert.deepEqual(texts(sent), [lines.slice(0, 100), lines.slice(100, 200)]);
  log.flush();
  assert.deepEqual(texts(sent).at(-1), [...lines.slice(200), "last"]);
  await turn();
  assert.equal(sent.length, 3);
});

test("flush hands over at once, and nothing twice", async () => {
  const sent: ToCore[] = [];
  const log = createChildLog((message) => void sent.push(message));
  log.error("last words");
  await new Promise<void>((resolve) => log.flush(resolve));
  await turn();
  assert.equal(sent.length, 1);
});
