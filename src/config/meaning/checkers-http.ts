/** `HTTP_GET` and `SSL_GET`: requests, with the Host header and the TLS server name settled. */
import type { httpGet, httpUrl, sslGet } from "../blocks/checkers/http.js";
import type { BodyPattern, CheckerConfig, CheckSchedule, CheckTarget, UrlCheck } from "../check-model.js";
import type { Block, Table } from "../schema.js";
import { readBodyExpression } from "../values/body-expression.js";
import { setGiven } from "./check-context.js";
import type { Checked } from "./checkers.js";
import type { Judge } from "./judge.js";

type Settings<T> = T extends Table<infer S> ? S : never;
type CheckerSettings = Settings<typeof httpGet>;
type UrlSettings = Settings<typeof httpUrl>;
type HttpBlock = Block<CheckerSettings>;
type SslBlock = Block<Settings<typeof sslGet>>;
type HttpChecker = Extract<CheckerConfig, { kind: "http" | "ssl" }>;

const ANY_SUCCESS = [{ from: 200, to: 299 }];

type Given =
  | { kind: "http"; block: HttpBlock; target: CheckTarget; schedule: CheckSchedule }
  | { kind: "ssl"; block: SslBlock; target: CheckTarget; schedule: CheckSchedule };

/** Nothing when no request is left. */
export function readHttp(given: Given, checked: Checked): CheckerConfig[] {
  const { kind, target, schedule } = given;
  const { judge } = checked.context;
  const urls: UrlCheck[] = [];
  if (given.kind === "ssl") {
    const usual = given.block.value("tls_compliant") ?? false;
    for (const url of given.block.value("url"))
      addUrl(url, given.block, checked, url.value("tls_compliant") ?? usual, urls);
  } else for (const url of given.block.value("url")) addUrl(url, given.block, checked, false, urls);
  if (urls.length === 0) {
    const keyword = kind === "ssl" ? "SSL_GET" : "HTTP_GET";
    judge.error(given.block.head, `'${keyword}' needs a 'url' with a 'path'; the checker is ignored`);
    return [];
  }
  const { protocol, fastRecovery } =
    given.kind === "ssl" ? requestSettings(given.block) : requestSettings(given.block);
  const verify = given.kind === "ssl" && given.block.value("tls_verify");
  return [{ kind, schedule, target, protocol, fastRecovery, ...(verify && { verify }), urls }];
}

function requestSettings<C extends CheckerSettings>(
  block: Block<C>,
): Pick<HttpChecker, "protocol" | "fastRecovery"> {
  return { protocol: block.value("http_protocol"), fastRecovery: block.value("fast_recovery") };
}

function addUrl<U extends UrlSettings, C extends CheckerSettings>(
  url: Block<U>,
  checker: Block<C>,
  checked: Checked,
  tlsCompliant: boolean,
  urls: UrlCheck[],
): void {
  const { judge } = checked.context;
  const path = url.value("path");
  if (path === undefined) {
    judge.error(url.head, "'url' needs 'path'; it is ignored");
    return;
  }
  const statusCodes = url.value("status_code");
  const result: UrlCheck = {
    path,
    statusCodes: statusCodes.length === 0 ? ANY_SUCCESS : [...statusCodes],
    tlsCompliant,
  };
  setGiven(result, "digest", url.value("digest"));
  const ownHost = url.value("virtualhost") ?? checker.value("virtualhost");
  setGiven(result, "virtualHost", ownHost ?? checked.virtualHost);
  const sni = checker.value("sni_name");
  if (checker.value("enable_sni") || sni !== undefined)
    setGiven(result, "serverName", sni?.name ?? ownHost ?? checked.serviceHost);
  setGiven(result, "body", readBody(url, judge));
  urls.push(result);
}

const REGEX_SETTINGS = [
  "regex_no_match",
  "regex_options",
  "regex_min_offset",
  "regex_max_offset",
  "regex_stack",
] as const;

function readBody<U extends UrlSettings>(url: Block<U>, judge: Judge): BodyPattern | undefined {
  const pattern = url.value("regex");
  if (pattern === undefined) {
    for (const name of REGEX_SETTINGS) {
      const setting = url.setting(name);
      if (setting) judge.mention(setting.head, `'${name}' is ignored without 'regex'`);
    }
    return undefined;
  }
  const body: BodyPattern = {
    pattern,
    options: [...url.value("regex_options")],
    inverted: url.value("regex_no_match"),
    minOffsetBytes: url.value("regex_min_offset"),
  };
  setGiven(body, "maxOffsetBytes", url.value("regex_max_offset"));
  setGiven(body, "stackBytes", url.value("regex_stack"));
  const expression = readBodyExpression(body);
  if (!expression.ok)
    judge.mention(url.setting("regex")?.head, `${expression.problem}: the url is judged without its 'regex'`);
  return body;
}
