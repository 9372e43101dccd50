/** Texts of alert mails, which transitions are mailed, and the queue in virtual time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AlertFilter } from "../../../src/notify/alert-filter.js";
import { alertText, transitionAlert } from "../../../src/notify/alert-text.js";
import { type Alert, MailQueue } from "../../../src/notify/mail-queue.js";
import {
  composeMail,
  envelopeAddress,
  headerAddress,
  type MailRoute,
} from "../../../src/notify/mail-route.js";
import type { NotifyState, Transition } from "../../../src/notify/transition.js";

const of = (type: Transition["type"], state: NotifyState): Transition => ({
  type,
  name: "X",
  state,
  priority: 1,
});

test("subjects and bodies are upstream's", () => {
  const texts = (["MASTER", "BACKUP", "FAULT", "STOP", "DELETED"] as const).map((state) => {
    const { subject, body } = transitionAlert("R1", of("INSTANCE", state));
    return `${subject} / ${body}`;
  });
  assert.deepEqual(texts, [
    "[R1] VRRP Instance X - Entering MASTER state / => VRRP Instance is now owning VRRP VIPs <=",
    "[R1] VRRP Instance X - Entering BACKUP state / => VRRP Instance is no longer owning VRRP VIPs <=",
    "[R1] VRRP Instance X - Entering FAULT state / => VRRP Instance is no longer owning VRRP VIPs <=",
    "[R1] VRRP Instance X - Stopping / => VRRP Instance stopping <=",
    "[R1] VRRP Instance X - Deleted / => VRRP Deleted at reload <=",
  ]);
  assert.deepEqual(transitionAlert("R1", of("GROUP", "FAULT")), {
    subject: "[R1] VRRP Group X - Entering FAULT state",
    body: "=> All VRRP group instances are now in FAULT state <=",
  });
  assert.deepEqual(transitionAlert("R1", of("GROUP", "STOP")), {
    subject: "[R1] VRRP Group X - Stopping",
    body: "=> All VRRP group instances are now stopping <=",
  });
});

test("a subject ends at 255 bytes, and not within a character", () => {
  const { subject } = alertText("ü".repeat(200), "x", "y");
  assert.equal(subject, `[${"ü".repeat(127)}`);
  assert.equal(Buffer.byteLength(subject), 255);
});

test("a state is mailed once until it changes, faults only when somebody wants to know", () => {
  const filter = new AlertFilter();
  const takes = (state: NotifyState, noFaults = false): boolean =>
    filter.takes(of("INSTANCE", state), noFaults);
  assert.equal(takes("BACKUP"), true);
  assert.equal(takes("BACKUP"), false);
  assert.equal(takes("FAULT", true), false);
  assert.equal(takes("BACKUP", true), false, "a fault that was not mailed is no change");
  assert.equal(takes("FAULT"), true);
  assert.equal(takes("BACKUP"), true);
  assert.equal(filter.takes(of("GROUP", "BACKUP"), false), true, "a group of the same name is another");
});

test("display names stay out of the envelope, and are quoted where they must be", () => {
  assert.equal(envelopeAddress("Ops Team <ops@example.com>"), "ops@example.com");
  assert.equal(envelopeAddress("ops@example.com"), "ops@example.com");
  assert.equal(headerAddress("Team, Ops <o@e.c>"), '"Team, Ops" <o@e.c>');
  assert.equal(headerAddress('"Team, Ops" <o@e.c>'), '"Team, Ops" <o@e.c>');
  assert.equal(headerAddress("Ops <o@e.c>"), "Ops <o@e.c>");
});

test("a mail has the time of the event, and one identity for all its attempts", () => {
  const route: MailRoute = {
    servers: [],
    from: "K <k@h>",
    recipients: ["A <a@b>", "c@d"],
    heloName: "h",
    timeoutMillis: 1,
    tls: "off",
    verify: true,
  };
  const alert: Alert = { id: 7, subject: "S", body: "B", happenedAt: 5000, queuedAt: 0, attempts: 0 };
  const mail = composeMail(route, alert, "12.34");
  assert.deepEqual(mail.envelope, { from: "k@h", to: ["a@b", "c@d"] });
  assert.equal(mail.messageId, "<keepalived.12.34.7@h>");
  assert.equal(mail.date.getTime(), 5000);
  assert.deepEqual(composeMail(route, { ...alert, attempts: 3 }, "12.34"), mail);
});

const LIMITS = { length: 3, firstPause: 5, longestPause: 20, age: 100 };
const text = (subject: string): { subject: string; body: string } => ({ subject, body: "" });

function take(queue: MailQueue, now: number): Alert {
  const alert = queue.take(now);
  assert.ok(alert, `something is due at ${now}`);
  return alert;
}

test("alerts are sent in order, one at a time", () => {
  const queue = new MailQueue(LIMITS);
  queue.add(text("a"), 0, 0);
  queue.add(text("b"), 0, 0);
  const first = take(queue, 0);
  assert.equal(first.subject, "a");
  assert.equal(queue.take(0), undefined, "while one is being sent");
  assert.equal(queue.dueAt, undefined);
  queue.sent(first);
  assert.equal(take(queue, 0).subject, "b");
});

test("a failure makes a pause, which doubles up to a limit, and a success ends it", () => {
  const queue = new MailQueue(LIMITS);
  queue.add(text("a"), 0, 0);
  queue.add(text("b"), 0, 0);
  let now = 0;
  for (const pause of [5, 10, 20, 20]) {
    const alert = take(queue, now);
    assert.equal(alert.subject, "a");
    assert.deepEqual(queue.failed(alert, "down", false, now), { retryIn: pause });
    assert.equal(queue.take(now + pause - 1), undefined);
    now += pause;
  }
  queue.sent(take(queue, now));
  const next = take(queue, now);
  assert.equal(next.subject, "b");
  assert.deepEqual(queue.failed(next, "down", false, now), { retryIn: 5 });
});

test("what is refused for good is given up at once, what fails for too long later", () => {
  const queue = new MailQueue(LIMITS);
  queue.add(text("a"), 0, 0);
  queue.add(text("b"), 0, 0);
  assert.deepEqual(queue.failed(take(queue, 0), "550 no", true, 0), { givenUp: "550 no" });
  const b = take(queue, 0);
  assert.deepEqual(queue.failed(b, "down", false, 99), { retryIn: 5 });
  assert.deepEqual(queue.failed(take(queue, 104), "still down", false, 104), { givenUp: "still down" });
  assert.equal(b.attempts, 2);
  assert.equal(queue.size, 0);
});

test("a full queue gives up the oldest that is not being sent", () => {
  const queue = new MailQueue(LIMITS);
  for (const name of ["a", "b", "c"]) assert.equal(queue.add(text(name), 0, 0), undefined);
  const a = take(queue, 0);
  assert.equal(queue.add(text("d"), 0, 0)?.subject, "b");
  queue.sent(a);
  assert.deepEqual(
    queue.abandon().map(({ subject }) => subject),
    ["c", "d"],
  );
});

test("an alert that was abandoned while it was being sent does no harm when its attempt ends", () => {
  const queue = new MailQueue(LIMITS);
  queue.add(text("a"), 0, 0);
  const a = take(queue, 0);
  queue.abandon();
  assert.equal(queue.failed(a, "late", false, 1), undefined);
  queue.sent(a);
  queue.add(text("b"), 0, 1);
  assert.equal(take(queue, 1).subject, "b");
});

test("a pause can be cut short", () => {
  const queue = new MailQueue(LIMITS);
  queue.add(text("a"), 0, 0);
  queue.failed(take(queue, 0), "down", false, 0);
  queue.hurry();
  assert.equal(take(queue, 1).attempts, 2);
});

test("what some have got waits for the others by itself, with pauses of its own", () => {
  const queue = new MailQueue(LIMITS);
  queue.add(text("a"), 0, 0);
  queue.add(text("b"), 0, 0);
  const a = take(queue, 0);
  queue.partlySent(a, ["x@y"]);
  assert.deepEqual(queue.failed(a, "450", false, 0), { retryIn: 5 });
  const b = take(queue, 0);
  assert.equal(b.subject, "b");
  queue.sent(b);
  assert.equal(queue.dueAt, 5);
  assert.equal(take(queue, 5), a);
  assert.deepEqual(queue.failed(a, "450", false, 5), { retryIn: 10 });
  queue.add(text("c"), 0, 6);
  assert.deepEqual(queue.failed(take(queue, 6), "down", false, 6), { retryIn: 5 }, "the queue's own pause");
  assert.equal(take(queue, 11).subject, "c");
});

test("an alert goes to those only who have not got it", () => {
  const route = { servers: [], from: "k@h", recipients: ["A <a@b>", "c@d"], heloName: "h", timeoutMillis: 1 };
  const alert = { id: 7, subject: "S", body: "B", happenedAt: 0, queuedAt: 0, attempts: 1, missing: ["c@d"] };
  const mail = composeMail({ ...route, tls: "off", verify: true }, alert, "1");
  assert.deepEqual(mail.envelope.to, ["c@d"]);
  assert.deepEqual(mail.to, ["A <a@b>", "c@d"]);
});
