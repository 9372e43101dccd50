/** `-v`: what is running here, and which of keepalived's features it has, in words that scripts look for. */
import { release, version } from "node:os";

export const VERSION = "0.1.0";
/** The release of keepalived whose behaviour is followed. */
const UPSTREAM_VERSION = "2.4.3";

/** Features of this version, in upstream's words. */
const FEATURES = ["VRRP", "VRRP_AUTH"];

export function versionText(): string {
  return [
    `Keepalived v${VERSION} (follows keepalived v${UPSTREAM_VERSION}, in TypeScript on Node.js ${process.version})`,
    "",
    `Running on Linux ${release()} ${version()}`,
    "",
    `Config options: ${FEATURES.join(" ")}`,
    "",
    `System options: ${["NODE_API", "NETLINK"].join(" ")}`,
    "",
  ].join("\n");
}
