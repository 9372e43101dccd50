/** `HTTP_GET` and `SSL_GET` with their `url` blocks. */
import { didYouMean } from "../../did-you-mean.js";
import { quoted } from "../../diagnostic.js";
import { splitCommand } from "../../lexer/script-words.js";
import {
  block,
  Complaint,
  custom,
  flag,
  missingArgument,
  once,
  type Row,
  setting,
  type Site,
  table,
  type Value,
} from "../../schema.js";
import { decodeBytes, type Word } from "../../text.js";
import { PCRE_OPTIONS, patternProblem } from "../../values/body-pattern.js";
import { text } from "../../values/name.js";
import { boolean, integer } from "../../values/number.js";
import { md5Digest } from "../../values/payload.js";
import { connectionRows, scheduleRows } from "./timing.js";

interface StatusRange {
  from: number;
  to: number;
}

const offset = integer(0, Number.MAX_SAFE_INTEGER);
const tlsCompliant = setting(boolean, "End TLS connections with close_notify.", { alone: true });

const urlRows = {
  path: setting(text("PATH"), "Path of the request."),
  digest: once(setting(md5Digest, "MD5 digest that the body must have.")),
  status_code: statusCodes(),
  virtualhost: setting(text("STRING"), "Host header of this request.", { lenient: true }),
  regex: pattern(),
  regex_no_match: flag("A match is a failure."),
  regex_options: patternOptions(),
  regex_min_offset: setting(offset, "Where in the body the search begins.", {
    default: 0,
    unit: "bytes",
    lenient: true,
  }),
  regex_max_offset: setting(offset, "Last place in the body where a match may begin.", {
    unit: "bytes",
    lenient: true,
  }),
  regex_stack: stack(),
};

export const httpUrl = table("url", urlRows);
const sslUrl = table("url", { ...urlRows, tls_compliant: tlsCompliant });

const httpVersion: Value<"1.0" | "1.0C" | "1.1"> = {
  syntax: "1.0|1.0C|1.1",
  read: (word) => {
    if (word === "1.0c") return "1.0C";
    if (word === "1.0" || word === "1.0C" || word === "1.1") return word;
    return new Complaint("must be 1.0, 1.0C or 1.1");
  },
};

const URL_DOC = "One request; they are made one after the other.";

const httpRows = {
  ...connectionRows,
  ...scheduleRows,
  nb_get_retry: setting(integer(0, 0xffffffff), "Old name of retry.", {
    unit: "attempts",
    deprecated: "'retry'",
  }),
  virtualhost: setting(text("STRING"), "Host header of the requests; the real server's by default.", {
    lenient: true,
  }),
  http_protocol: setting(httpVersion, "Version of the requests; 1.0C and 1.1 say 'Connection: close'.", {
    default: "1.0",
    lenient: true,
  }),
  enable_sni: setting(boolean, "Send the virtual host as TLS server name.", { default: false, alone: true }),
  sni_name: serverName(),
  fast_recovery: setting(boolean, "Check all urls at once when starting or recovering.", {
    default: false,
    alone: true,
  }),
};

export const httpGet = table("HTTP_GET", { ...httpRows, url: block(httpUrl, URL_DOC, { name: "none" }) });
export const sslGet = table("SSL_GET", {
  ...httpRows,
  url: block(sslUrl, URL_DOC, { name: "none" }),
  tls_compliant: tlsCompliant,
  tls_verify: flag(
    "The server's certificate must be valid now, issued by an authority of SSL's ca (else of the system), and for the name that is sent to it. A keyword of this implementation.",
  ),
});

/** [STRING]; undefined text is the virtual host. */
function serverName(): Row<{ name: string | undefined } | undefined> {
  return custom<{ name: string | undefined } | undefined>({
    syntax: "[STRING]",
    doc: "TLS server name to send, the virtual host by default; turns enable_sni on.",
    default: undefined,
    read: (site, previous) => {
      const word = site.words[1];
      if (word !== undefined) {
        site.tree.noteExtraWords(site, 2);
        return { name: decodeBytes(word.text) };
      }
      if (previous?.value?.name === undefined) return { name: undefined };
      site.tree.alreadySet(site, previous.head);
      return undefined;
    },
  });
}

/** CODE or CODE-CODE, any number of them. */
function statusCodes(): Row<readonly StatusRange[]> {
  return custom<readonly StatusRange[]>(
    {
      syntax: "CODE[-CODE] ...",
      doc: "Status codes that are accepted, 100 to 599; 200-299 by default.",
      default: [],
      read: (site, previous) => {
        if (site.words[1] === undefined)
          site.tree.diagnostics.report("logged", site.head, "'status_code' needs a code or a range");
        const ranges = [...(previous?.value ?? [])];
        for (const word of site.words.slice(1)) {
          const range = readStatusRange(word.text);
          if (range !== undefined) ranges.push(range);
          else {
            const message = `${quoted(word.text)} is no status code or range from 100 to 599; it is ignored`;
            site.tree.diagnostics.report("general", word, message);
          }
        }
        return ranges;
      },
    },
    { repeat: "accumulates" },
  );
}

function readStatusRange(word: string): StatusRange | undefined {
  const found = /^(\d{3})(?:-(\d{3}))?$/.exec(word);
  const from = Number(found?.[1] ?? 0);
  const to = Number(found?.[2] ?? from);
  return from >= 100 && to <= 599 && from <= to ? { from, to } : undefined;
}

/** One word by the rules of scripts, with its escapes. */
function pattern(): Row<string | undefined> {
  return custom<string | undefined>({
    syntax: "PATTERN",
    doc: "Regular expression (PCRE2) that the body must match.",
    default: undefined,
    read: (site) => {
      const word = site.words[1];
      if (word === undefined) return missingArgument(site, "a regular expression", true);
      const { line, head } = site;
      const words = splitCommand(line.of.chars.slice(head.end, line.end));
      const found = typeof words === "string" ? undefined : words[0];
      if (typeof words === "string" || found === undefined || words.length !== 1)
        return complain(site, word, "must be one word: quote it, and write \\\\ for a backslash");
      const problem = patternProblem(found);
      return problem === undefined ? decodeBytes(found) : complain(site, word, problem);
    },
  });
}

function complain(site: Site, word: Word, message: string): undefined {
  site.tree.diagnostics.report("general", word, `'${site.head.text}' ${message}; the line is ignored`);
}

function patternOptions(): Row<readonly string[]> {
  return custom<readonly string[]>(
    {
      syntax: `${[...PCRE_OPTIONS].join("|")} ...`,
      doc: "Options of the regular expression, by their names in PCRE2.",
      default: [],
      read: (site, previous) => {
        const options = new Set(previous?.value ?? []);
        for (const word of site.words.slice(1)) {
          if (PCRE_OPTIONS.has(word.text)) options.add(word.text);
          else {
            const hint = didYouMean(word.text, PCRE_OPTIONS);
            const message = `${quoted(word.text)} is no option of a regular expression; it is ignored${hint}`;
            site.tree.diagnostics.report("logged", word, message, { severity: "warning" });
          }
        }
        return [...options];
      },
    },
    { repeat: "accumulates" },
  );
}

/** START MAX. */
function stack(): Row<{ start: number; max: number } | undefined> {
  return custom<{ start: number; max: number } | undefined>(
    {
      syntax: "START MAX",
      doc: "Size of the stack for matching, at first and at most.",
      default: undefined,
      read: (site) => {
        const [, startWord, maxWord] = site.words;
        if (startWord === undefined || maxWord === undefined)
          return missingArgument(site, "a start and a maximum", true);
        const start = offset.read(startWord.text);
        const max = offset.read(maxWord.text);
        if (typeof start !== "number") return complain(site, startWord, "must be two sizes in bytes");
        if (typeof max !== "number") return complain(site, maxWord, "must be two sizes in bytes");
        if (start > max) return complain(site, startWord, "must not start above its maximum");
        return { start, max };
      },
    },
    { unit: "bytes" },
  );
}
