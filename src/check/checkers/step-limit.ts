/** connect_timeout: how long one step of a check may take (check-ipvs reference, 3.1). */
import type { CheckTarget } from "../../config/check-model.js";
import type { CheckTimer } from "../effects/timers.js";
import type { CheckerPorts } from "./checker.js";

/** In seconds, as a configuration says it. */
export const inSeconds = (micros: number): string => `${micros / 1_000_000} s`;

export class StepLimit {
  readonly #ports: Pick<CheckerPorts, "timers" | "now">;
  readonly #micros: number;
  readonly #timer: CheckTimer;

  /** @param passed is told what the limit was: "5 s" */
  constructor(
    ports: Pick<CheckerPorts, "timers" | "now">,
    { timeoutMicros }: Pick<CheckTarget, "timeoutMicros">,
    passed: (limit: string) => void,
  ) {
    this.#ports = ports;
    this.#micros = timeoutMicros;
    this.#timer = ports.timers.create(() => passed(inSeconds(timeoutMicros)));
  }

  /** A step begins; the limit of one before it counts no more. */
  begin(): void {
    this.#ports.timers.set(this.#timer, this.#ports.now() + this.#micros);
  }

  /** Nothing is waited for any more. */
  end(): void {
    this.#ports.timers.cancel(this.#timer);
  }
}
