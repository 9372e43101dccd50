/** A measurement on one router: a lab, watchers on both sides of the wire, and the end of it all. */
import { CheckServer } from "./check-server.js";
import { type RouterSettings, routerConfiguration } from "./configuration.js";
import { Daemon } from "./daemon.js";
import type { AddressEvent, Frame } from "./frames.js";
import { type Host, type Lab, makeLab } from "./lab.js";
import type { Program } from "./subject.js";
import { type Watch, watchAddresses, watchFrames } from "./watch.js";
import { type Edit, watchEdits } from "./watch-edits.js";

/** How long anything expected may take before the measurement is given up. */
export const PATIENCE_MS = 20_000;

export class Session {
  readonly #daemons: Daemon[] = [];
  readonly #others: { close(): void }[] = [];

  private constructor(readonly lab: Lab) {}

  /** Runs `work` in a lab of its own; afterwards nothing of it is left. */
  static async run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = new Session(makeLab());
    try {
      return await work(session);
    } finally {
      for (const other of session.#others) other.close();
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
    this.#others.push(watch);
    return watch;
  }

  /** Addresses of `host`. */
  addresses(host: Host): Watch<AddressEvent> {
    const watch = watchAddresses(host.namespace);
    this.#others.push(watch);
    return watch;
  }

  /** Edits of the kernel's table of virtual servers in the namespace of `host`. */
  edits(host: Host): Watch<Edit> {
    const watch = watchEdits(host.namespace);
    this.#others.push(watch);
    return watch;
  }

  /** Real servers at every loopback address of `host`. */
  async serve(host: Host, kind: "tcp" | "http", port: number): Promise<CheckServer> {
    const server = await CheckServer.start(host, kind, port);
    this.#others.push({ close: () => server.kill() });
    return server;
  }
}
