/** Reads what is in the kernel's table of virtual servers. */
import type { NetlinkReader } from "../../net/netlink-reader.js";
import { formatAddress } from "../../net/ip-address.js";
import type { SystemError } from "../../net/system-error.js";
import {
  decodeDestination,
  encodeDumpDestinations,
  type ReportedDestination,
} from "../../netlink/ipvs-destination.js";
import {
  decodeService,
  encodeDumpServices,
  encodeGetService,
  type ReportedService,
  type ServiceIdentity,
} from "../../netlink/ipvs-service.js";
import { idOfService, keyOfIdentity, nameOfService } from "./kernel-form.js";
import type { ServiceKey } from "./model.js";

/** A destination as the kernel has it. */
export interface KernelDestination {
  /** Canonical text. */
  address: string;
  port: number;
  message: ReportedDestination;
}

/** A service as the kernel has it, with all its destinations. */
export interface KernelService {
  key: ServiceKey;
  message: ReportedService;
  destinations: KernelDestination[];
}

export type Read<T> = { ok: true; value: T } | { ok: false; error: SystemError };

export class KernelTable {
  readonly #reader: NetlinkReader;
  readonly #family: number;

  /** `family` is the number of IPVS in generic netlink. */
  constructor(reader: NetlinkReader, family: number) {
    this.#reader = reader;
    this.#family = family;
  }

  /** All services, those of others too; of protocols that we cannot have they are left out. */
  async services(): Promise<Read<{ key: ServiceKey; message: ReportedService }[]>> {
    const message = encodeDumpServices(this.#family);
    const answer = await this.#reader.ask(message, "IPVS_CMD_GET_SERVICE", "all services", decodeService);
    if (!answer.ok) return answer;
    const value = answer.messages.flatMap((service) => {
      const key = keyOfIdentity(service.identity);
      return key === undefined ? [] : [{ key, message: service }];
    });
    return { ok: true, value };
  }

  /** Those services whose id is wanted, with their destinations. */
  async wholeServices(isWanted: (id: string) => boolean): Promise<Read<KernelService[]>> {
    const services = await this.services();
    if (!services.ok) return services;
    const value: KernelService[] = [];
    for (const { key, message } of services.value) {
      if (!isWanted(idOfService(key))) continue;
      const destinations = await this.destinations(key, message.identity);
      if (!destinations.ok) return destinations;
      value.push({ key, message, destinations: destinations.value });
    }
    return { ok: true, value };
  }

  /** Undefined when it is not there. */
  async service(key: ServiceKey, identity: ServiceIdentity): Promise<Read<ReportedService | undefined>> {
    const message = encodeGetService(this.#family, identity);
    const answer = await this.#reader.ask(message, "IPVS_CMD_GET_SERVICE", nameOfService(key), decodeService);
    if (!answer.ok) return answer.error.code === "ESRCH" ? { ok: true, value: undefined } : answer;
    return { ok: true, value: answer.messages[0] };
  }

  /** None when the service is not there. */
  async destinations(key: ServiceKey, identity: ServiceIdentity): Promise<Read<KernelDestination[]>> {
    const answer = await this.#reader.ask(
      encodeDumpDestinations(this.#family, identity),
      "IPVS_CMD_GET_DEST",
      nameOfService(key),
      (bytes, offset, header) => decodeDestination(bytes, offset, header, identity.family),
    );
    if (!answer.ok) return answer;
    const value = answer.messages.map((message) => {
      return { address: formatAddress(message.address), port: message.port, message };
    });
    return { ok: true, value };
  }
}
