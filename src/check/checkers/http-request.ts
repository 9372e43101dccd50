/** The request of HTTP_GET and SSL_GET, exactly as upstream sends it (check-ipvs reference, 4.4). Pure. */
import type { UrlCheck } from "../../config/check-model.js";

/** Longer requests are cut, as upstream's buffer does. */
const MAX_REQUEST_BYTES = 2047;

/** @param endpoint address and port as a Host header names them: `192.0.2.1:80`, `[2001:db8::1]:80` */
export function httpRequest(url: UrlCheck, protocol: "1.0" | "1.0C" | "1.1", endpoint: string): string {
  const lines = [
    `GET ${url.path} HTTP/${protocol === "1.1" ? "1.1" : "1.0"}`,
    "User-Agent: KeepAliveClient",
    ...(protocol === "1.0" ? [] : ["Connection: close"]),
    `Host: ${url.virtualHost ?? endpoint}`,
    "",
    "",
  ];
  return Buffer.from(lines.join("\r\n")).subarray(0, MAX_REQUEST_BYTES).toString();
}
