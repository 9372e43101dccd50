/**
 * `verify` of SSL_GET: what is wrong with the certificate that a server showed. OpenSSL has judged the chain and the
 * dates; the name is judged here.
 */
import { checkServerIdentity, type PeerCertificate, type TLSSocket } from "node:tls";

/** OpenSSL's verdicts in words that name what to do. */
const WORDS: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its chain ends in a self-signed certificate that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its issuer is not among the trusted authorities",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its issuer is not among the trusted authorities",
  CERT_NOT_YET_VALID: "it is not valid yet",
  CERT_HAS_EXPIRED: "it has expired",
  CERT_REVOKED: "it is revoked",
};

function nameOf({ subject }: PeerCertificate): string {
  return [subject.CN].flat().join(", ") || "without a name";
}

/** @param name that the certificate must be for; undefined: its name is not looked at */
export function certificateProblem(tls: TLSSocket, name: string | undefined): string | undefined {
  const certificate = tls.getPeerCertificate();
  // Node says {} when there is none.
  if (Object.keys(certificate).length === 0) return "the server showed no certificate";
  const shown = `certificate of ${nameOf(certificate)}`;
  const code = String(tls.authorizationError);
  // Node has looked at the name that was sent as SNI; the words for that are below.
  if (!tls.authorized && code !== "ERR_TLS_CERT_ALTNAME_INVALID") {
    const dates = /EXPIRED|NOT_YET/.test(code)
      ? ` (valid from ${certificate.valid_from} to ${certificate.valid_to})`
      : "";
    return `${shown}: ${WORDS[code] ?? code}${dates}`;
  }
  const wrong = name === undefined ? undefined : checkServerIdentity(name, certificate);
  return wrong === undefined ? undefined : `${shown}: it is not for ${name}`;
}
