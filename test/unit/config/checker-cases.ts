/** Keywords of checkers with the ends of what they take, and what is beyond; in which kinds of checker they stand. */
import type { CheckerConfig } from "../../../src/config/check-model.js";

const s = 1_000_000;

/** What each kind needs beyond the shared keywords. */
export const KINDS = {
  TCP_CHECK: "",
  PING_CHECK: "",
  UDP_CHECK: "",
  DNS_CHECK: "",
  SMTP_CHECK: "",
  HTTP_GET: "url { path / }",
  SSL_GET: "url { path / }",
  MISC_CHECK: "misc_path /bin/true",
} as const;
export type CheckerKeyword = keyof typeof KINDS;

interface Case {
  keyword: string;
  accepted: readonly (readonly [argument: string, expected: unknown])[];
  refused: readonly string[];
  in?: readonly CheckerKeyword[];
  readonly of: (checker: CheckerConfig) => unknown;
}

export const ALL_KINDS = Object.keys(KINDS) as CheckerKeyword[];
const connected = ALL_KINDS.filter((kind) => kind !== "MISC_CHECK");
export const scheduleOf = (c: CheckerConfig) => ("schedule" in c ? c.schedule : undefined);
export const targetOf = (c: CheckerConfig) => ("target" in c ? c.target : undefined);
const long = "a".repeat(16);

export const CASES: readonly Case[] = [
  {
    keyword: "retry",
    accepted: [
      ["0", 0],
      ["4294967295", 4294967295],
    ],
    refused: ["-1", "4294967296"],
    of: (c) => scheduleOf(c)?.retry,
  },
  {
    keyword: "delay_before_retry",
    accepted: [
      ["0", 0],
      ["2.5", 2.5 * s],
    ],
    refused: ["x"],
    of: (c) => scheduleOf(c)?.delayBeforeRetryMicros,
  },
  { keyword: "warmup", accepted: [["0", 0]], refused: ["-1"], of: (c) => scheduleOf(c)?.warmupMicros },
  {
    keyword: "delay_loop",
    accepted: [["0.000001", 1]],
    refused: ["0"],
    of: (c) => scheduleOf(c)?.delayLoopMicros,
  },
  {
    keyword: "alpha",
    accepted: [
      ["", true],
      ["off", false],
    ],
    refused: ["x"],
    of: (c) => scheduleOf(c)?.alpha,
  },
  {
    keyword: "log_all_failures",
    accepted: [
      ["", true],
      ["no", false],
    ],
    refused: ["1"],
    of: (c) => scheduleOf(c)?.logAllFailures,
  },
  {
    keyword: "connect_ip",
    in: connected,
    accepted: [
      ["10.0.0.7", "10.0.0.7"],
      ["2001:DB8::7", "2001:db8::7"],
    ],
    refused: ["host.example", "10.0.0"],
    of: (c) => targetOf(c)?.address?.text,
  },
  {
    keyword: "connect_port",
    in: connected,
    accepted: [
      ["1", 1],
      ["65535", 65535],
    ],
    refused: ["0", "65536"],
    of: (c) => targetOf(c)?.port,
  },
  {
    keyword: "bindto",
    in: connected,
    accepted: [["10.0.0.8", "10.0.0.8"]],
    refused: ["x", "::1"],
    of: (c) => targetOf(c)?.bindAddress,
  },
  {
    keyword: "bind_port",
    in: connected,
    accepted: [
      ["1", 1],
      ["65535", 65535],
    ],
    refused: ["0", "65536"],
    of: (c) => targetOf(c)?.bindPort,
  },
  {
    keyword: "bind_if",
    in: connected,
    accepted: [["eth0", "eth0"]],
    refused: [long],
    of: (c) => targetOf(c)?.bindInterface,
  },
  {
    keyword: "connect_timeout",
    in: connected,
    accepted: [
      ["0.000001", 1],
      ["4294.967295", 4294967295],
    ],
    refused: ["0", "4294.967296"],
    of: (c) => targetOf(c)?.timeoutMicros,
  },
  {
    keyword: "fwmark",
    in: connected,
    accepted: [
      ["0", 0],
      ["4294967295", 4294967295],
    ],
    refused: ["0x10", "4294967296"],
    of: (c) => targetOf(c)?.mark,
  },
  {
    keyword: "payload",
    in: ["UDP_CHECK"],
    accepted: [
      ["0123 4 567", "0123045607"],
      ["f", "0f"],
    ],
    refused: ["01x2", "zz", ""],
    of: (c) => (c.kind === "udp" ? c.payload : undefined),
  },
  {
    keyword: "require_reply",
    in: ["UDP_CHECK"],
    accepted: [
      ["", undefined],
      ["0x Xf", { bytes: "000f", mask: "f00f" }],
    ],
    refused: ["0y"],
    of: (c) => (c.kind === "udp" ? c.reply : undefined),
  },
  {
    keyword: "min_reply_length",
    in: ["UDP_CHECK"],
    accepted: [
      ["0", 0],
      ["255", 255],
    ],
    refused: ["-1", "65536"],
    of: (c) => (c.kind === "udp" ? c.minReplyBytes : undefined),
  },
  {
    keyword: "max_reply_length",
    in: ["UDP_CHECK"],
    accepted: [
      ["0", 0],
      ["65535", 65535],
    ],
    refused: ["65536"],
    of: (c) => (c.kind === "udp" ? c.maxReplyBytes : undefined),
  },
  {
    keyword: "helo_name",
    in: ["SMTP_CHECK"],
    accepted: [["me.example", "me.example"]],
    refused: [],
    of: (c) => (c.kind === "smtp" ? c.heloName : undefined),
  },
  {
    keyword: "type",
    in: ["DNS_CHECK"],
    accepted: [
      ["aaaa", "AAAA"],
      ["DNSKEY", "DNSKEY"],
    ],
    refused: ["ANY"],
    of: (c) => (c.kind === "dns" ? c.type : undefined),
  },
  {
    keyword: "name",
    in: ["DNS_CHECK"],
    accepted: [
      [".", "."],
      ["a.example.", "a.example."],
    ],
    refused: ["a..b", `${"a".repeat(64)}.example`, "..", '""'],
    of: (c) => (c.kind === "dns" ? c.name : undefined),
  },
  {
    keyword: "misc_timeout",
    in: ["MISC_CHECK"],
    accepted: [
      ["0", 60 * s],
      ["4294", 4294 * s],
    ],
    refused: ["4295", "1.5"],
    of: (c) => (c.kind === "misc" ? c.timeoutMicros : undefined),
  },
  {
    keyword: "misc_dynamic",
    in: ["MISC_CHECK"],
    accepted: [["", true]],
    refused: [],
    of: (c) => (c.kind === "misc" ? c.dynamic : undefined),
  },
  {
    keyword: "http_protocol",
    in: ["HTTP_GET", "SSL_GET"],
    accepted: [
      ["1.0c", "1.0C"],
      ["1.1", "1.1"],
    ],
    refused: ["2"],
    of: (c) => ("protocol" in c ? c.protocol : undefined),
  },
  {
    keyword: "fast_recovery",
    in: ["HTTP_GET", "SSL_GET"],
    accepted: [["", true]],
    refused: ["x"],
    of: (c) => ("fastRecovery" in c ? c.fastRecovery : undefined),
  },
  {
    keyword: "virtualhost",
    in: ["HTTP_GET", "SSL_GET"],
    accepted: [["h", "h"]],
    refused: [],
    of: (c) => ("urls" in c ? c.urls[0]?.virtualHost : undefined),
  },
  {
    keyword: "enable_sni",
    in: ["HTTP_GET", "SSL_GET"],
    accepted: [
      ["", undefined],
      ["on\nvirtualhost h", "h"],
    ],
    refused: ["x"],
    of: (c) => ("urls" in c ? c.urls[0]?.serverName : undefined),
  },
  {
    keyword: "sni_name",
    in: ["HTTP_GET", "SSL_GET"],
    accepted: [
      ["n", "n"],
      ["\nvirtualhost h", "h"],
    ],
    refused: [],
    of: (c) => ("urls" in c ? c.urls[0]?.serverName : undefined),
  },
  {
    keyword: "tls_compliant",
    in: ["SSL_GET"],
    accepted: [["", true]],
    refused: ["x"],
    of: (c) => ("urls" in c ? c.urls[0]?.tlsCompliant : undefined),
  },
];
