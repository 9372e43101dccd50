/** What protects the adverts of an instance: authentication of version 2, or signatures. */
import { type KeyEntry, parseKey } from "../blocks/auth-hmac.js";
import { joinPath } from "../lexer/includes.js";
import type { AuthSetting, Family, HmacKey, HmacSetting, VrrpVersion } from "../model.js";
import type { InstanceBlock } from "./instance.js";
import type { Judge } from "./judge.js";

const LONGEST_PASSWORD = 8;
const LEAST_WINDOW_SECONDS = 5;
const LARGEST_WINDOW_SECONDS = 300;

interface Circumstances {
  version: VrrpVersion;
  family: Family;
  strict: boolean;
  /** Signatures are used instead. */
  signed: boolean;
}

/** Only version 2 has authentication, strict mode not even there, and AH only IPv4. */
export function readAuthentication(block: InstanceBlock, facts: Circumstances, judge: Judge): AuthSetting {
  const none: AuthSetting = { type: "none" };
  const auth = block.value("authentication")[0];
  const type = auth?.value("auth_type");
  if (auth === undefined) return none;
  const reason = reasonAgainst(facts);
  if (reason !== undefined) {
    judge.repair(auth.head, `${reason}; the block is ignored`);
    return none;
  }
  const password = auth.value("auth_pass");
  if (type === undefined) {
    if (password !== undefined)
      judge.mention(
        auth.where("auth_pass"),
        "'auth_pass' without 'auth_type' has no effect; write 'auth_type PASS'",
      );
    return none;
  }
  if (password === undefined || password === "") {
    const message = `'auth_type ${type}' without 'auth_pass': there is no authentication`;
    judge.error(auth.where("auth_type"), message);
    return none;
  }
  if (type === "AH" && facts.family === 6) {
    judge.repair(
      auth.where("auth_type"),
      "'auth_type AH' is not possible with IPv6; there is no authentication",
    );
    return none;
  }
  const bytes = Buffer.from(auth.setting("auth_pass")?.at.text ?? "", "latin1");
  if (bytes.length > LONGEST_PASSWORD) {
    const message = `'auth_pass' has ${bytes.length} bytes; only the first ${LONGEST_PASSWORD} are used`;
    judge.repair(auth.where("auth_pass"), message);
  }
  return {
    type: type === "AH" ? "ah" : "pass",
    password: bytes.subarray(0, LONGEST_PASSWORD).toString("latin1"),
  };
}

function reasonAgainst({ version, strict, signed }: Circumstances): string | undefined {
  if (signed) return "'auth_hmac' replaces 'authentication'";
  if (strict) return "strict mode does not allow authentication";
  return version === 3 ? "version 3 has no authentication" : undefined;
}

/** Without its active key there is no `auth_hmac` (VRRP reference, 5). */
export function readHmac(
  block: InstanceBlock,
  facts: { strict: boolean; advertIntervalMicros: number },
  judge: Judge,
): HmacSetting | undefined {
  const hmac = block.value("auth_hmac")[0];
  if (hmac === undefined) return undefined;
  const keys = hmac.value("key").flatMap((entry) => readKey(entry, judge) ?? []);
  const activeKey = hmac.value("active_key");
  if (activeKey === undefined || !keys.some((key) => key.id === activeKey)) {
    const missing =
      activeKey === undefined
        ? "'auth_hmac' needs 'active_key'"
        : `the active key ${activeKey} is not defined, or cannot be used`;
    judge.error(hmac.where("active_key"), `${missing}; adverts are not signed`);
    return undefined;
  }
  let mode = hmac.value("mode");
  if (facts.strict && mode !== "enforce") {
    judge.repair(hmac.where("mode"), "strict mode needs 'mode enforce', which is used");
    mode = "enforce";
  }
  const antiReplay = hmac.value("anti_replay");
  const window = hmac.value("time_window");
  if (window !== undefined && antiReplay === "monotonic")
    judge.mention(hmac.where("time_window"), "'time_window' has no effect with 'anti_replay monotonic'");
  const natural = Math.max(LEAST_WINDOW_SECONDS, 3 * Math.floor(facts.advertIntervalMicros / 1_000_000));
  const timeWindowSeconds = window ?? Math.min(LARGEST_WINDOW_SECONDS, natural);
  return { keys, activeKey, timeWindowSeconds, antiReplay, mode };
}

function readKey({ id, at, source }: KeyEntry, judge: Judge): HmacKey | undefined {
  if ("hex" in source) return { id, hex: source.hex };
  const file = joinPath(source.directory, source.path);
  const content = judge.host.keyFile?.(file);
  if (content === undefined) return { id, file };
  if ("problem" in content) {
    judge.error(at, `the key file '${file}' cannot be read: ${content.problem}; the key is ignored`);
    return undefined;
  }
  if (content.exposed) {
    const message = `others than its owner may read the key file '${file}'; take that right away (chmod 600)`;
    judge.diagnostics.report("security", at, message);
  }
  const key = parseKey(content.text.replace(/[\r\n]+$/, ""));
  if ("hex" in key) return { id, hex: key.hex };
  judge.error(at, `in the key file '${file}': ${key.wrong}; the key is ignored`);
  return undefined;
}
