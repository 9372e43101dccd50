/** The programs under test: ours, and Debian's keepalived as the peer. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../setup/repository.js";

export type Product = "ours" | "debian";

const OURS = join(repository, "dist", "keepalived");
const DEBIAN = "/usr/sbin/keepalived";

/** Why a product cannot be run here; undefined when it can. */
export function missing(product: Product): string | undefined {
  if (product === "ours") return existsSync(OURS) ? undefined : "dist/keepalived is not built";
  return existsSync(DEBIAN) ? undefined : `${DEBIAN} is not installed`;
}

/** The version of Debian's keepalived on this machine, such as "2.2.7"; undefined when it does not tell. */
export function debianRelease(): string | undefined {
  const { stderr } = spawnSync(DEBIAN, ["--version"], { encoding: "utf8" });
  return /v(\d+\.\d+\.\d+)/.exec(stderr)?.[1];
}

/** Whether a product removes all its routes when it stops. Debian's 2.3.3 does not: most of IPv6, of VRFs, of ospf. */
export function removesRoutes(product: Product): boolean {
  return product === "ours" || debianRelease() === "2.2.7";
}

/** The command that runs a product in the foreground with its log on the terminal. */
export function commandOf(product: Product, configuration: string): string[] {
  return [product === "ours" ? OURS : DEBIAN, "-n", "-l", "-D", "-f", configuration];
}

/** The product that tests run where they test one alone: ours, unless KEEPALIVED_UNDER_TEST says debian. */
export function underTest(): Product {
  return process.env["KEEPALIVED_UNDER_TEST"] === "debian" ? "debian" : "ours";
}
