/**
 * The table of checkers: one row per kind says how it is scheduled and called, and makes its checks. A kind without a
 * row is not there yet: its real servers are named in a warning, and count as if it always passed.
 */
import type { CheckerConfig } from "../../config/check-model.js";
import type { CheckerRow, ConfigOf } from "./checker.js";
import { bfd } from "./bfd.js";
import { dns } from "./dns.js";
import { file } from "./file.js";
import { http, ssl } from "./http.js";
import { misc } from "./misc.js";
import { ping } from "./ping.js";
import { smtp } from "./smtp.js";
import { tcp } from "./tcp.js";
import { udp } from "./udp.js";

export type CheckerTable = { readonly [K in CheckerConfig["kind"]]?: CheckerRow<ConfigOf<K>> };

export const CHECKERS: CheckerTable = { tcp, udp, ping, http, ssl, smtp, dns, misc, file, bfd };
