/**
 * HTTP_GET and SSL_GET: one request for one URL, its answer judged when it is complete (check-ipvs reference, 4.4, 4.5).
 * The limit counts anew for each step: connecting, the handshake included, then every wait for more of the answer.
 */
import type { TLSSocket } from "node:tls";
import type { UrlCheck } from "../../config/check-model.js";
import { Stream, type StreamEvents, type StreamProblem, type TlsSettings } from "../effects/streams.js";
import { type BodyMatcher, compileBodyPattern } from "./body-matcher.js";
import { certificateProblem } from "./certificate.js";
import {
  type Check,
  type CheckerPorts,
  type CheckJob,
  type CheckerRow,
  type ConfigOf,
  PASSED,
} from "./checker.js";
import { httpRequest } from "./http-request.js";
import { HttpResponse, type ResponseFailure, type ResponseVerdict } from "./http-response.js";
import { inSeconds, StepLimit } from "./step-limit.js";
import { type StreamFailure, streamResult } from "./stream-problem.js";
import { connectPlan } from "./tcp.js";

type HttpConfig = ConfigOf<"http" | "ssl">;
type HttpFailure = StreamFailure | ResponseFailure | "certificate" | "tooSlow";

/** What is going on, for the words of a failure. */
type Stage = "connecting" | "waiting for the answer" | "in the middle of the answer";

/** A page may take this many limits in all: a server that drips one byte at a time would never be done. */
const WHOLE_ANSWER_LIMITS = 10;

/** Sizes that are told of: a page that is another one each time would fill log and memory. */
const MOST_TOLD = 8;

class HttpCheck implements Check {
  readonly #job: CheckJob<HttpConfig, HttpFailure>;
  readonly #ports: CheckerPorts;
  readonly #streams: readonly Stream[];
  readonly #matchers: readonly (BodyMatcher | undefined)[];
  readonly #limit: StepLimit;
  /** Sizes that were told of, so that each difference is told once. */
  readonly #told = new Set<string>();
  #step = 0;
  #stage: Stage = "connecting";
  #response: HttpResponse | undefined;
  #startedAt = 0;

  constructor(job: CheckJob<HttpConfig, HttpFailure>, ports: CheckerPorts) {
    const { config, address, port } = job;
    this.#job = job;
    this.#ports = ports;
    this.#matchers = config.urls.map((url) => this.#matcherOf(url));
    const plan = connectPlan(config.target, address, port, true);
    this.#streams = config.urls.map((url) => {
      const tls = config.kind === "ssl" ? tlsOf(url, ports) : undefined;
      return new Stream(ports.connections, plan, tls, this.#events());
    });
    this.#limit = new StepLimit(ports, config.target, (limit) => this.#onTimeout(limit));
  }

  start(step: number): void {
    this.#step = step;
    this.#stage = "connecting";
    this.#response = new HttpResponse(this.#url, this.#matchers[step]);
    this.#startedAt = this.#ports.now();
    this.#limit.begin();
    this.#stream?.start();
  }

  cancel(): void {
    this.#limit.end();
    this.#stream?.cancel();
    this.#response = undefined;
  }

  close(): void {
    for (const stream of this.#streams) stream.close();
  }

  get #stream(): Stream | undefined {
    return this.#streams[this.#step];
  }

  get #url(): UrlCheck {
    const url = this.#job.config.urls[this.#step];
    if (url === undefined) throw new Error(`${this.#job.subject}: there is no url ${this.#step}`);
    return url;
  }

  /** None for a pattern that JavaScript cannot say: that was told when the configuration was read. */
  #matcherOf({ body }: UrlCheck): BodyMatcher | undefined {
    if (body === undefined) return undefined;
    const compiled = compileBodyPattern(body);
    return compiled.ok ? compiled.matcher : undefined;
  }

  #events(): StreamEvents {
    return {
      connected: (tls) => this.#onConnected(tls),
      data: (bytes) => this.#onData(bytes),
      ended: () => this.#onEnded(),
      failed: (problem) => this.#onFailed(problem),
    };
  }

  #onConnected(tls: TLSSocket | undefined): void {
    const { config, endpoint } = this.#job;
    if (tls !== undefined && config.verify === true) {
      const problem = certificateProblem(tls, this.#url.serverName ?? config.target.address?.text);
      if (problem !== undefined)
        return this.#end({ verdict: "failed", reason: "certificate", detail: problem });
    }
    this.#stage = "waiting for the answer";
    this.#limit.begin();
    this.#stream?.write(httpRequest(this.#url, config.protocol, hostOf(endpoint)));
  }

  #onData(bytes: Uint8Array): void {
    this.#stage = "in the middle of the answer";
    const verdict = this.#response?.take(bytes);
    if (verdict !== undefined) return this.#conclude(verdict);
    const whole = this.#job.config.target.timeoutMicros * WHOLE_ANSWER_LIMITS;
    if (this.#ports.now() - this.#startedAt > whole) {
      return this.#end({
        verdict: "failed",
        reason: "tooSlow",
        detail: `the answer is not complete after ${inSeconds(whole)}`,
      });
    }
    this.#limit.begin();
  }

  #onEnded(): void {
    const response = this.#response;
    if (response === undefined) return;
    this.#tellSizes(response);
    this.#conclude(response.finish());
  }

  #conclude(verdict: ResponseVerdict): void {
    if (verdict.ok) {
      this.#limit.end();
      this.#response = undefined;
      this.#stream?.finish();
      return this.#job.done(PASSED);
    }
    this.#end({ verdict: "failed", reason: verdict.reason, detail: `${verdict.detail} (${this.#url.path})` });
  }

  #tellSizes({ mismatch }: HttpResponse): void {
    if (mismatch === undefined) return;
    const text = `Content-Length of ${this.#url.path} says ${mismatch.announced} bytes, ${mismatch.received} came`;
    if (this.#told.has(text) || this.#told.size === MOST_TOLD) return;
    this.#told.add(text);
    this.#ports.warn(`${this.#job.subject}: ${text}`);
  }

  #onFailed(problem: StreamProblem): void {
    // TLS is often ended rudely: once the header is there, that is the end of the answer (check-ipvs reference, 4.5).
    if (this.#job.config.kind === "ssl" && this.#response?.hasHeader === true) return this.#onEnded();
    this.#end(streamResult(problem, this.#stage));
  }

  #onTimeout(limit: string): void {
    const words =
      this.#stage === "connecting" ? `no connection within ${limit}` : `${this.#stage}: nothing for ${limit}`;
    this.#end({ verdict: "failed", reason: "timeout", detail: words });
  }

  #end(result: Parameters<CheckJob<HttpConfig, HttpFailure>["done"]>[0]): void {
    this.cancel();
    this.#job.done(result);
  }
}

/** `[192.0.2.1]:80` as a Host header has it: brackets for IPv6 alone. */
function hostOf(endpoint: string): string {
  return endpoint.replace(/^\[([\d.]+)\]/, "$1");
}

function tlsOf({ serverName, tlsCompliant }: UrlCheck, ports: CheckerPorts): TlsSettings {
  return {
    context: () => ports.tls(),
    compliant: tlsCompliant,
    ...(serverName !== undefined && { serverName }),
  };
}

const row = {
  policy: "urls",
  usesSocket: true,
  create: (job: CheckJob<HttpConfig, HttpFailure>, ports: CheckerPorts) => new HttpCheck(job, ports),
} as const;

export const http: CheckerRow<HttpConfig> = { ...row, keyword: "HTTP_GET", mailTitle: "HTTP_GET" };
export const ssl: CheckerRow<HttpConfig> = { ...row, keyword: "SSL_GET", mailTitle: "SSL_GET" };
