/** A measurement on one router: a lab, watchers on both sides of the wire, and the end of it all. */
import { type RouterSettings, routerConfiguration } from "./configuration.js";
import { Daemon } from "./daemon.js";
import type { AddressEvent, Frame } from "./frames.js";
import { type Host, type Lab, makeLab } from "./lab.js";
import type { Program } from "./subject.js";
import { type Watch, watchAddresses, watchFrames } from "./watch.js";

/** How long anything expected may take before the measurement is given up. */
export const PATIENCE_MS = 20_000;

export class Session {
  readonly #daemons: Daemon[] = [];
  readonly #watches: { close(): void }[] = [];

  private constructor(readonly lab: Lab) {}

  /** Runs `work` in a lab of its own; afterwards nothing of it is left. */
  static async run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = new Session(makeLab());
    try {
      return await work(session);
    } finally {
      for (const watch of session.#watches) watch.close();
      for (const daemon of session.#daemons) await daemon.killAll();
      session.lab.remove();
    }
  }

  /** Starts a router; `options` are further words of its command line. */
  start(program: Program, host: Host, settings: RouterSettings, options: readonly string[] = []): Daemon {
    const command = [...program.command, ...options];
    return this.startWith({ ...program, command }, host, routerConfiguration(host, settings));
  }

  /** Starts a daemon on the text of a configuration file. */
  startWith(program: Program, host: Host, configuration: string): Daemon {
    const daemon = Daemon.start(program, this.lab, host, configuration);
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Adverts and ARP that arrive at `host`. */
  frames(host: Host): Watch<Frame> {
    const watch = watchFrames(host.namespace, host.interfaceName);
    this.#watches.push(watch);
    return watch;
  }

  /** Addresses of `host`. */
  addresses(host: Host): Watch<AddressEvent> {
    const watch = watchAddresses(host.namespace);
    this.#watches.push(watch);
    return watch;
  }
}
