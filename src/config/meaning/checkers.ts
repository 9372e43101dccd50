/** Checkers of a real server: what they say, else their server, else the virtual server, else their kind. */
import type { CheckDefaults, CheckerConfig, CheckSchedule, CheckTarget } from "../check-model.js";
import type { dnsCheck } from "../blocks/checkers/dns.js";
import type { bfdCheck, fileCheck } from "../blocks/checkers/follow.js";
import type { miscCheck } from "../blocks/checkers/misc.js";
import type { smtpCheck } from "../blocks/checkers/smtp.js";
import type { tcpCheck } from "../blocks/checkers/tcp.js";
import type { udpCheck } from "../blocks/checkers/udp.js";
import type { RealServerBlock } from "./real-server.js";
import { didYouMean } from "../did-you-mean.js";
import { quoted } from "../diagnostic.js";
import type { Block, Table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import { isLinkLocal } from "../values/address.js";
import type { ServiceAddress } from "../values/service-address.js";
import { type CheckContext, setGiven } from "./check-context.js";
import { readHttp } from "./checkers-http.js";

type Settings<T> = T extends Table<infer S> ? S : never;
type ConnectionBlock = Block<Settings<typeof tcpCheck>>;
type ScheduleSettings = Pick<
  Settings<typeof tcpCheck>,
  "delay_loop" | "delay_before_retry" | "warmup" | "retry" | "alpha" | "log_all_failures"
>;
type TargetSettings = Pick<
  Settings<typeof tcpCheck>,
  "connect_ip" | "connect_port" | "bindto" | "bind_port" | "bind_if" | "connect_timeout" | "fwmark"
>;

/** The server that is checked. */
export interface Checked {
  server: ServiceAddress;
  defaults: CheckDefaults;
  /** delay_loop of the virtual server. */
  serviceDelayMicros: number;
  /** Of the real server, else of the virtual server. */
  virtualHost: string | undefined;
  /** Of the virtual server. */
  serviceHost: string | undefined;
  context: CheckContext;
}

const SECOND = 1_000_000;
/** Failures that are forgiven, and the delay before the next try, where nothing is said. */
const USUAL = { retry: 1, delay: SECOND };
const USUAL_HTTP = { retry: 1, delay: 3 * SECOND };
const USUAL_MISC = { retry: 0, delay: SECOND };
/** The delay is delay_loop. */
const USUAL_DNS = { retry: 3, delay: undefined };

export function readCheckers(block: RealServerBlock, checked: Checked): CheckerConfig[] {
  const list: CheckerConfig[] = [];
  for (const tcp of block.value("TCP_CHECK")) addConnection("tcp", tcp, checked, list);
  for (const ping of block.value("PING_CHECK")) addConnection("ping", ping, checked, list);
  for (const udp of block.value("UDP_CHECK")) addUdp(udp, checked, list);
  for (const dns of block.value("DNS_CHECK")) addDns(dns, checked, list);
  for (const smtp of block.value("SMTP_CHECK")) addSmtp(smtp, checked, list);
  for (const http of block.value("HTTP_GET")) {
    const target = readTarget(http, checked);
    const schedule = readSchedule(http, USUAL_HTTP, checked, http);
    if (target) list.push(...readHttp({ kind: "http", block: http, target, schedule }, checked));
  }
  for (const ssl of block.value("SSL_GET")) {
    const target = readTarget(ssl, checked);
    const schedule = readSchedule(ssl, USUAL_HTTP, checked, ssl);
    if (target) list.push(...readHttp({ kind: "ssl", block: ssl, target, schedule }, checked));
  }
  for (const misc of block.value("MISC_CHECK")) addMisc(misc, checked, list);
  for (const file of block.value("FILE_CHECK")) addFile(file, checked, list);
  for (const bfd of block.value("BFD_CHECK")) addBfd(bfd, checked, list);
  return list;
}

function readSchedule<S extends ScheduleSettings>(
  block: Block<S>,
  usual: { retry: number; delay: number | undefined },
  { defaults, context }: Checked,
  old?: Block<{ retry: number | undefined; nb_get_retry: number | undefined }>,
): CheckSchedule {
  const delayLoopMicros = block.value("delay_loop") ?? defaults.delayLoopMicros;
  return {
    alpha: block.value("alpha") ?? defaults.alpha,
    delayLoopMicros,
    retry: (old ? newerRetry(old) : block.value("retry")) ?? defaults.retry ?? usual.retry,
    delayBeforeRetryMicros:
      block.value("delay_before_retry") ?? defaults.delayBeforeRetryMicros ?? usual.delay ?? delayLoopMicros,
    warmupMicros: block.value("warmup") ?? defaults.warmupMicros ?? delayLoopMicros,
    logAllFailures: block.value("log_all_failures") === true || context.logAllFailures,
  };
}

/** `retry` and its old name are one setting. */
function newerRetry(
  block: Block<{ retry: number | undefined; nb_get_retry: number | undefined }>,
): number | undefined {
  return block.value(block.isLast("nb_get_retry", "retry") ? "nb_get_retry" : "retry");
}

/** Undefined when the checker cannot work. */
function readTarget<S extends TargetSettings>(block: Block<S>, checked: Checked): CheckTarget | undefined {
  const { server, defaults, context } = checked;
  let connect = block.setting("connect_ip");
  let bind = block.setting("bindto");
  if (bind?.value !== undefined && bind.value.family !== (connect?.value?.family ?? server.family)) {
    const later = block.isLast("connect_ip", "bindto") ? connect : bind;
    const message = `'connect_ip' and 'bindto' must be of one family (IPv${server.family} without connect_ip); this line is ignored`;
    context.judge.error((later ?? bind).at, message);
    if (later === connect) connect = undefined;
    else bind = undefined;
  }
  const target: CheckTarget = {
    mark: block.value("fwmark"),
    timeoutMicros: block.value("connect_timeout") ?? defaults.connectTimeoutMicros,
  };
  setGiven(target, "address", connect?.value);
  setGiven(target, "port", block.value("connect_port"));
  setGiven(target, "bindAddress", bind?.value?.text);
  setGiven(target, "bindPort", block.value("bind_port"));
  setGiven(target, "bindInterface", block.value("bind_if"));
  const { family, text } = target.address ?? { family: server.family, text: server.address };
  if (family === 4 || target.bindInterface !== undefined || !isLinkLocal({ family, text })) return target;
  const message = `the link-local address ${text} needs 'bind_if'; the checker is ignored`;
  context.judge.error(connect?.at ?? block.head, message);
  return undefined;
}

function addConnection(
  kind: "tcp" | "ping",
  block: ConnectionBlock,
  checked: Checked,
  list: CheckerConfig[],
): void {
  const target = readTarget(block, checked);
  if (target !== undefined) list.push({ kind, schedule: readSchedule(block, USUAL, checked), target });
}

function addUdp(block: Block<Settings<typeof udpCheck>>, checked: Checked, list: CheckerConfig[]): void {
  const target = readTarget(block, checked);
  if (target === undefined) return;
  const reply = block.value("require_reply");
  const payload = block.value("payload")?.bytes;
  const minReplyBytes = block.value("min_reply_length");
  const maxReplyBytes = block.value("max_reply_length");
  if (minReplyBytes > maxReplyBytes) {
    const message = `'min_reply_length' ${minReplyBytes} is above 'max_reply_length' ${maxReplyBytes}: the check can never succeed`;
    checked.context.judge.error(block.where("min_reply_length"), message);
  }
  list.push({
    kind: "udp",
    schedule: readSchedule(block, USUAL, checked),
    target,
    ...(payload !== undefined && { payload }),
    replyRequired: reply !== undefined,
    ...(reply !== undefined && reply !== "any" && { reply }),
    minReplyBytes,
    maxReplyBytes,
  });
}

function addDns(block: Block<Settings<typeof dnsCheck>>, checked: Checked, list: CheckerConfig[]): void {
  const target = readTarget(block, checked);
  if (target === undefined) return;
  const schedule = readSchedule(block, USUAL_DNS, checked);
  list.push({ kind: "dns", schedule, target, type: block.value("type"), name: block.value("name") });
}

/** Each `host` block is a checker of its own; without any the checker itself is one. */
function addSmtp(block: Block<Settings<typeof smtpCheck>>, checked: Checked, list: CheckerConfig[]): void {
  const heloName = block.value("helo_name");
  const schedule = readSchedule(block, USUAL, checked);
  const hosts = block.value("host");
  if (hosts.length === 0) {
    const target = readTarget(block, checked);
    if (target !== undefined) list.push({ kind: "smtp", schedule, target, heloName });
  }
  for (const host of hosts) {
    const target = readTarget(host, checked);
    if (target === undefined) continue;
    const { alpha, delayLoopMicros, retry, delayBeforeRetryMicros, warmupMicros } = schedule;
    const defaults = {
      ...checked.defaults,
      alpha,
      delayLoopMicros,
      retry,
      delayBeforeRetryMicros,
      warmupMicros,
    };
    list.push({
      kind: "smtp",
      schedule: readSchedule(host, USUAL, { ...checked, defaults }),
      target,
      heloName,
    });
  }
}

function addMisc(block: Block<Settings<typeof miscCheck>>, checked: Checked, list: CheckerConfig[]): void {
  const { judge, scripts } = checked.context;
  const entry = block.value("misc_path");
  if (entry === undefined) {
    judge.error(block.head, "'MISC_CHECK' needs 'misc_path'; the checker is ignored");
    return;
  }
  const runAs = block.value("user");
  const script = scripts.ofChecker({ ...entry, user: runAs?.user, group: runAs?.group });
  if (script === undefined) return;
  list.push({
    kind: "misc",
    schedule: readSchedule(block, USUAL_MISC, checked),
    script,
    timeoutMicros: block.value("misc_timeout") || checked.serviceDelayMicros,
    dynamic: block.value("misc_dynamic"),
  });
}

function addFile(block: Block<Settings<typeof fileCheck>>, checked: Checked, list: CheckerConfig[]): void {
  const { judge, trackFiles } = checked.context;
  const word = block.value("track_file");
  const name = word && decodeBytes(word.text);
  const file = name === undefined ? undefined : trackFiles.get(name);
  if (word === undefined || name === undefined) {
    judge.error(block.head, "'FILE_CHECK' needs 'track_file'; the checker is ignored");
  } else if (file === undefined || file.defined.order > word.order) {
    judge.error(word, undefinedName("track_file", word, file?.defined, trackFiles.keys()));
  } else {
    file.isUsed = true;
    const { weight, reverse } = block.value("weight") ?? file.config;
    list.push({ kind: "file", trackFile: name, weight, reverse });
  }
}

function addBfd(block: Block<Settings<typeof bfdCheck>>, checked: Checked, list: CheckerConfig[]): void {
  const { judge, sessions } = checked.context;
  const word = block.value("name");
  const name = word && decodeBytes(word.text);
  const defined = name === undefined ? undefined : sessions.get(name);
  if (word === undefined || name === undefined) {
    judge.error(block.head, "'BFD_CHECK' needs 'name'; the checker is ignored");
  } else if (defined === undefined || defined.order > word.order) {
    judge.error(word, undefinedName("bfd_instance", word, defined, sessions.keys()));
  } else if (list.some((checker) => checker.kind === "bfd" && checker.session === name)) {
    judge.error(
      word,
      `${quoted(word.text)} is followed by another BFD_CHECK of this server; this one is ignored`,
    );
  } else {
    list.push({ kind: "bfd", session: name, alpha: block.value("alpha") ?? checked.defaults.alpha });
  }
}

function undefinedName(what: string, word: Word, later: Word | undefined, known: Iterable<string>): string {
  if (later !== undefined)
    return `the ${what} ${quoted(word.text)} is defined only further down; the checker is ignored`;
  return `there is no ${what} ${quoted(word.text)}; the checker is ignored${didYouMean(decodeBytes(word.text), known)}`;
}
