/** lvs_timeouts: sets the timeouts of the kernel's connections, and gives back what they were. */
import type { LvsSettings } from "../../config/global-model.js";
import type { SystemError } from "../../net/system-error.js";
import {
  decodeTimeouts,
  encodeGetTimeouts,
  encodeSetTimeouts,
  type TimeoutsMessage,
} from "../../netlink/ipvs-settings.js";
import type { IpvsConnection } from "../../net/ipvs-connection.js";

export class Timeouts {
  #connection: IpvsConnection | undefined;
  #wanted: LvsSettings["timeouts"] = {};
  /** Before we changed anything. */
  #original: TimeoutsMessage | undefined;

  /** What is wanted is set as soon as there is a connection. */
  connect(connection: IpvsConnection | undefined): Promise<SystemError | undefined> {
    this.#connection = connection;
    return this.set(this.#wanted);
  }

  async set(wanted: LvsSettings["timeouts"]): Promise<SystemError | undefined> {
    this.#wanted = wanted;
    const connection = this.#connection;
    const { tcpSeconds, tcpFinSeconds, udpSeconds } = wanted;
    const wantsNone = tcpSeconds === undefined && tcpFinSeconds === undefined && udpSeconds === undefined;
    if (connection === undefined || (wantsNone && this.#original === undefined)) return undefined;
    const { channel, reader, family } = connection;
    if (this.#original === undefined) {
      const request = encodeGetTimeouts(family);
      const read = await reader.ask(request, "IPVS_CMD_GET_CONFIG", "timeouts", decodeTimeouts);
      if (!read.ok) return read.error;
      this.#original = read.messages[0];
    }
    const { tcp, tcpFin, udp } = this.#original ?? { tcp: 0, tcpFin: 0, udp: 0 };
    const message = encodeSetTimeouts(family, {
      tcp: tcpSeconds ?? tcp,
      tcpFin: tcpFinSeconds ?? tcpFin,
      udp: udpSeconds ?? udp,
    });
    const [result] = await channel.request([{ message, call: "IPVS_CMD_SET_CONFIG", subject: "timeouts" }]);
    return result?.ok === false ? result.error : undefined;
  }
}
