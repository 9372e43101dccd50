/** `global_defs`: the kernel's virtual servers, and the checkers as a whole. */
import { didYouMean } from "../did-you-mean.js";
import { quoted } from "../diagnostic.js";
import {
  Adjusted,
  Complaint,
  custom,
  flag,
  missingArgument,
  once,
  type Row,
  setting,
  type Site,
  type Value,
} from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import { isMulticast, parseAddress } from "../values/address.js";
import { interfaceName } from "../values/name.js";
import { addressAlone } from "../values/noted.js";
import { boolean, integer } from "../values/number.js";

export const lvsRows = {
  lvs_timeouts: timeouts(),
  lvs_flush: flag("Clear the whole table of virtual servers at start."),
  lvs_flush_on_stop: flushOnStop(),
  lvs_flush_onstop: flushOnStop("'lvs_flush_on_stop'"),
  lvs_sync_daemon: once(syncDaemon()),
  rs_init_notifies: setting(boolean, "Run the notifications of real servers that are up at start.", {
    default: false,
    alone: true,
  }),
  checker_log_all_failures: setting(boolean, "Log every failed check, not only changes.", {
    default: false,
    alone: true,
  }),
};

/** Seconds of inactivity after which the kernel forgets a connection. */
interface LvsTimeouts {
  tcp?: number;
  tcpfin?: number;
  udp?: number;
}

const TIMEOUT_NAMES = ["tcp", "tcpfin", "udp"] as const;
const timeoutSeconds = integer(0, 2_678_400);

/** Pairs of name and seconds. */
function timeouts(): Row<LvsTimeouts> {
  return custom<LvsTimeouts>(
    {
      syntax: "[tcp <0-2678400>] [tcpfin <0-2678400>] [udp <0-2678400>]",
      doc: "Timeouts of the kernel's connection table; what is not named is left alone.",
      default: {},
      read: (site, previous) => {
        const { words } = site;
        if (words.length < 3)
          return missingArgument(site, "tcp, tcpfin or udp and a number of seconds", true);
        const result: LvsTimeouts = { ...previous?.value };
        for (let i = 1; i < words.length; i++) {
          const name = TIMEOUT_NAMES.find((candidate) => candidate === words[i]?.text);
          if (name === undefined) complainAboutOption(site, words[i], TIMEOUT_NAMES);
          else {
            const value = readOption(site, words[i], words[++i], timeoutSeconds);
            if (value !== undefined) result[name] = value;
          }
        }
        return result;
      },
    },
    { unit: "s", repeat: "accumulates" },
  );
}

/** [VS]. */
function flushOnStop(deprecated?: string): Row<"no" | "all" | "services"> {
  return custom<"no" | "all" | "services">(
    {
      syntax: "[VS]",
      doc: "Clear the table when the daemon stops; with VS only the virtual servers of this configuration.",
      default: "no",
      read: (site) => {
        const word = site.words[1];
        if (word === undefined) return "all";
        if (word.text === "VS") return "services";
        const message = `'${site.head.text}' takes VS or nothing, not ${quoted(word.text)}; the line is ignored`;
        site.tree.diagnostics.report("general", word, message);
        return undefined;
      },
    },
    deprecated === undefined ? {} : { deprecated, deprecatedQuietly: true },
  );
}

/** lvs_sync_daemon as written. */
interface SyncDaemonEntry {
  interface: string;
  instance?: Word;
  syncId?: number;
  maxLength?: number;
  port?: number;
  ttl?: number;
  group?: string;
}

const group: Value<string> = addressAlone({
  syntax: "MULTICAST",
  read: (word) => {
    const address = parseAddress(word);
    return address !== undefined && isMulticast(address)
      ? address.text
      : new Complaint("must be a multicast address");
  },
});

const SYNC_OPTIONS = {
  id: ["syncId", integer(0, 255)],
  maxlen: ["maxLength", integer(1, 65507)],
  port: ["port", integer(1, 65535)],
  ttl: ["ttl", integer(1, 255)],
} as const;

function isSyncOption(word: string): word is keyof typeof SYNC_OPTIONS {
  return Object.hasOwn(SYNC_OPTIONS, word);
}

/** INTERFACE [[inst] INSTANCE] and options; the old form INTERFACE INSTANCE ID too. */
function syncDaemon(): Row<SyncDaemonEntry | undefined> {
  return custom<SyncDaemonEntry | undefined>({
    syntax:
      "INTERFACE [[inst] INSTANCE] [id <0-255>] [maxlen <1-65507>] [port <1-65535>] [ttl <1-255>] [group MULTICAST]",
    doc: "Run the kernel's synchronisation of connections; its role follows the instance.",
    default: undefined,
    read: (site) => {
      const at = site.words[1];
      if (at === undefined) return missingArgument(site, "an interface", true);
      const name = interfaceName.read(at.text);
      if (typeof name !== "string") {
        const reason = name instanceof Complaint ? name.message : "";
        site.tree.diagnostics.report("general", at, `'lvs_sync_daemon' ${reason}; the line is ignored`);
        return undefined;
      }
      const entry: SyncDaemonEntry = { interface: name };
      for (let i = 2; i < site.words.length; ) i = readSyncOption(site, entry, i);
      return entry;
    },
  });
}

/** Where the next option starts. */
function readSyncOption(site: Site, entry: SyncDaemonEntry, i: number): number {
  const word = site.words[i];
  const next = site.words[i + 1];
  if (word === undefined) return i + 1;
  if (word.text === "inst") {
    if (next === undefined) missingArgument(site, "a name after 'inst'");
    else if (entry.instance === undefined) entry.instance = next;
    else report(site, next, "there is an instance already; this one is ignored");
    return i + 2;
  }
  if (word.text === "group") {
    const value = readOption(site, word, next, group);
    if (value !== undefined) entry.group = value;
    return i + 2;
  }
  if (isSyncOption(word.text)) {
    const [field, value] = SYNC_OPTIONS[word.text];
    const number = readOption(site, word, next, value);
    if (number !== undefined) entry[field] = number;
    return i + 2;
  }
  readPositional(site, entry, word);
  return i + 1;
}

/** The instance, then its id. */
function readPositional(site: Site, entry: SyncDaemonEntry, word: Word): void {
  const id = SYNC_OPTIONS.id[1].read(word.text);
  if (entry.instance === undefined) entry.instance = word;
  else if (typeof id === "number" && entry.syncId === undefined) {
    entry.syncId = id;
    report(site, word, `write 'id ${id}'`, "warning");
  } else complainAboutOption(site, word, ["inst", "group", ...Object.keys(SYNC_OPTIONS)]);
}

function readOption<V>(
  site: Site,
  name: Word | undefined,
  word: Word | undefined,
  value: Value<V>,
): V | undefined {
  if (name === undefined) return undefined;
  if (word === undefined) {
    report(site, name, `${quoted(name.text)} needs ${value.syntax}; it is ignored`);
    return undefined;
  }
  const result = value.read(word.text);
  if (result instanceof Complaint) {
    const message = `'${decodeBytes(name.text)}' ${result.message}, not ${quoted(word.text)}; it is ignored`;
    site.tree.diagnostics.report(result.kind, word, message);
    return undefined;
  }
  return result instanceof Adjusted ? result.value : result;
}

function complainAboutOption(site: Site, word: Word | undefined, known: readonly string[]): void {
  if (word === undefined) return;
  report(
    site,
    word,
    `'${site.head.text}' has no option ${quoted(word.text)}; it is ignored${didYouMean(word.text, known)}`,
  );
}

function report(site: Site, at: Word, message: string, severity: "error" | "warning" = "error"): void {
  site.tree.diagnostics.report("general", at, message, { severity });
}
