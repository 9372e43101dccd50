/** What SSL_GET brings along and trusts: the files of the `SSL` block, read once for all checks. */
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import type { SslConfig } from "../../config/interface-model.js";

function read(path: string | undefined): Buffer | undefined {
  return path === undefined ? undefined : readFileSync(path);
}

function open({ caFile, certificateFile, keyFile, password }: SslConfig): SecureContext {
  const [ca, cert, key] = [read(caFile), read(certificateFile), read(keyFile)];
  return createSecureContext({
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(password !== undefined && { passphrase: password }),
  });
}

/** The context in force: the last one that could be made. */
export class TlsContext {
  #current: SecureContext | undefined;

  /** @returns why the files cannot be used; what was in force stays then (at the start: the system's authorities, no certificate) */
  adopt(setting: SslConfig = {}): string | undefined {
    try {
      this.#current = open(setting);
      return undefined;
    } catch (error) {
      const files = [setting.caFile, setting.certificateFile, setting.keyFile].filter(
        (file) => file !== undefined,
      );
      return `the SSL block (${files.join(", ")}) cannot be used: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  get current(): SecureContext {
    this.#current ??= createSecureContext();
    return this.#current;
  }
}
