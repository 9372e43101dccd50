/**
 * The answer to HTTP_GET and SSL_GET, read piece by piece and judged at its end (check-ipvs reference, 4.4): status
 * code, then digest, then the body's pattern. Nothing is decoded, and a redirect is a status code like any other. Pure.
 */
import { createHash, type Hash } from "node:crypto";
import type { UrlCheck } from "../../config/check-model.js";
import type { BodyMatcher } from "./body-matcher.js";

/** A header that is not over by then is none. */
const MAX_HEADER_BYTES = 4095;
/** Nobody checks a page of that size; without a limit an endless one would keep the check for ever. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const DEFAULT_CODES = [{ from: 200, to: 299 }];
const END_OF_HEADER = Buffer.from("\r\n\r\n");

export type ResponseFailure = "noAnswer" | "status" | "digest" | "body" | "tooLong";
export type ResponseVerdict = { ok: true } | { ok: false; reason: ResponseFailure; detail: string };

const fail = (reason: ResponseFailure, detail: string): ResponseVerdict => ({ ok: false, reason, detail });

export class HttpResponse {
  readonly #url: UrlCheck;
  readonly #matcher: BodyMatcher | undefined;
  readonly #hash: Hash | undefined;
  #header = Buffer.alloc(0);
  #inBody = false;
  /** Value of Content-Length; undefined when there is none that can be read. */
  #announced: number | undefined;
  #received = 0;
  /** Kept only for the pattern. */
  readonly #body: Uint8Array[] = [];

  constructor(url: UrlCheck, matcher: BodyMatcher | undefined) {
    this.#url = url;
    this.#matcher = matcher;
    this.#hash = url.digest === undefined ? undefined : createHash("md5");
  }

  /** Takes what came. @returns the verdict when nothing that follows can change it. */
  take(bytes: Uint8Array): ResponseVerdict | undefined {
    if (this.#inBody) return this.#takeBody(bytes);
    this.#header = Buffer.concat([this.#header, bytes]);
    const end = this.#header.indexOf(END_OF_HEADER);
    if (end < 0 || end > MAX_HEADER_BYTES) {
      if (this.#header.length <= MAX_HEADER_BYTES) return undefined;
      return fail("noAnswer", `the header is longer than ${MAX_HEADER_BYTES} bytes`);
    }
    const rest = this.#header.subarray(end + END_OF_HEADER.length);
    this.#header = this.#header.subarray(0, end);
    this.#announced = contentLength(this.#header.toString("latin1"));
    this.#inBody = true;
    return this.#takeBody(rest);
  }

  #takeBody(bytes: Uint8Array): ResponseVerdict | undefined {
    const room = this.#announced === undefined ? bytes.length : Math.max(0, this.#announced - this.#received);
    this.#hash?.update(bytes.subarray(0, room));
    if (this.#matcher !== undefined) this.#body.push(bytes);
    this.#received += bytes.length;
    if (this.#received <= MAX_BODY_BYTES) return undefined;
    return fail("tooLong", `the body is longer than ${MAX_BODY_BYTES / 1024 / 1024} MiB and does not end`);
  }

  /** What follows is the body. */
  get hasHeader(): boolean {
    return this.#inBody;
  }

  /** The body's size differs from what its header announced: worth a line, but no failure. */
  get mismatch(): { announced: number; received: number } | undefined {
    if (this.#announced === undefined || this.#announced === this.#received) return undefined;
    return { announced: this.#announced, received: this.#received };
  }

  /** Judges, when the other side has said everything. */
  finish(): ResponseVerdict {
    if (!this.#inBody) {
      const length = this.#header.length;
      return fail(
        "noAnswer",
        length === 0 ? "the server ended without an answer" : "the answer ended in its header",
      );
    }
    const { statusCodes, digest } = this.#url;
    const code = statusCode(this.#header.toString("latin1"));
    const wanted = statusCodes.length === 0 ? DEFAULT_CODES : statusCodes;
    if (!wanted.some(({ from, to }) => code >= from && code <= to)) {
      return fail("status", code === 0 ? "the first line holds no status code" : `status code ${code}`);
    }
    const found = this.#hash?.digest("hex");
    if (found !== digest) return fail("digest", `the body's MD5 digest is ${found}, not ${digest}`);
    const miss = this.#matcher?.mismatch(Buffer.concat(this.#body));
    return miss === undefined ? { ok: true } : fail("body", miss);
  }
}

/** The three digits after the first blank of the first line, when a blank follows; else 0. */
function statusCode(header: string): number {
  const line = header.split("\r\n", 1)[0] ?? "";
  return Number(/^[^ ]* (\d{3}) /.exec(`${line}`)?.[1] ?? 0);
}

function contentLength(header: string): number | undefined {
  const digits = /\r\nContent-Length:[ \t]*(\d+)(?:\r\n|$)/.exec(header)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
