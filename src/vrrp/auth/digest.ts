/**
 * The two digests of VRRP authentication: HMAC-MD5-96 (RFC 2403, for AH) and HMAC-SHA256 cut to 128 bits (auth_hmac).
 * The only pure file that may use node:crypto, and of it the two functions that answer the same for the same bytes.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** An AH integrity check value. */
export const ICV_BYTES = 12;
/** The HMAC of a trailer. */
export const HMAC_BYTES = 16;

/** HMAC-MD5-96 of the parts, one behind the other. */
export function hmacMd5(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  return digest("md5", key, parts).subarray(0, ICV_BYTES);
}

/** HMAC-SHA256 of the parts, cut to its first 16 bytes. */
export function hmacSha256(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  return digest("sha256", key, parts).subarray(0, HMAC_BYTES);
}

function digest(algorithm: "md5" | "sha256", key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac(algorithm, key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** Compares in a time that tells nothing of where they differ; of another length they differ. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
