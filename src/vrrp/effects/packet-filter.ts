/**
 * The packet filter of the process: what the configuration wants dropped, on the links that there are. Says what is
 * not protected when the rules cannot be made.
 */
import type { VrrpConfig } from "../../config/model.js";
import type { Addon } from "../../native/addon.js";
import { Firewall } from "../../net/firewall.js";
import type { Links } from "../../net/links.js";
import type { Loop } from "../../net/loop.js";
import { replacementScript, type VmacLink } from "../../net/nft-script.js";
import type { Log } from "../../platform/child-log.js";
import { ScriptRunner } from "../../platform/script-runner.js";
import { firewallRules, refusesPackets } from "../firewall-rules.js";

interface PacketFilterPorts {
  addon: Addon;
  loop: Loop;
  log: Log;
  links: Links;
  /** Holds the rules that are in force. */
  file: string;
}

export class PacketFilter {
  readonly #ports: PacketFilterPorts;
  readonly #firewall: Firewall;
  #config: VrrpConfig | undefined;
  #vmacs: readonly VmacLink[] = [];

  constructor(ports: PacketFilterPorts) {
    this.#ports = ports;
    const { addon, loop, log, file } = ports;
    this.#firewall = new Firewall({
      addon,
      loop,
      runner: new ScriptRunner(addon),
      file,
      lost: (table) => log.warning(`somebody changed the nftables table ${table}: putting it back`),
      failed: (reason) => this.#onFailed(reason),
      unwatched: (reason) => log.warning(`Packet filter: ${reason}`),
    });
  }

  /** Resolves when the rules of this configuration are in force; what goes wrong is logged. */
  setConfig(config: VrrpConfig): Promise<void> {
    this.#config = config;
    const { iptables, nftables } = config.global.firewall;
    if (iptables !== undefined && nftables === undefined && this.#script() !== undefined) {
      const chains = `${iptables.input} and ${iptables.output}`;
      this.#ports.log.info(`vrrp_iptables: nftables is used instead, chains ${chains} are left alone`);
    }
    return this.#apply();
  }

  /** The VMACs that there are now, with their bases. */
  setVmacs(vmacs: readonly VmacLink[]): Promise<void> {
    this.#vmacs = vmacs;
    return this.#apply();
  }

  /** A link came, went, or is another one of the same name: rules that hold its index are made anew. */
  linkChanged(name: string): void {
    const byIndex = this.#config?.global.firewall.nftablesByIndex === true;
    const ofVmac = this.#vmacs.some((vmac) => vmac.name === name || vmac.base === name);
    if (byIndex || ofVmac) void this.#firewall.remake(this.#script());
  }

  async #apply(): Promise<void> {
    await this.#firewall.apply(this.#script());
  }

  /** nft refuses the index of a link that is not there: such an address goes by name, such a VMAC waits. */
  #script(): string | undefined {
    const { links } = this.#ports;
    const exists = (name: string): boolean => links.byName(name) !== undefined;
    if (this.#config === undefined) return undefined;
    const vmacs = this.#vmacs.filter(({ name, base }) => exists(name) && exists(base));
    const rules = firewallRules(this.#config, vmacs);
    if (rules === undefined) return undefined;
    const byIndex = rules.byIndex && rules.closed.every(({ device }) => exists(device));
    return replacementScript({ ...rules, byIndex });
  }

  #onFailed(reason: string): void {
    const names = this.#config?.instances.filter(refusesPackets).map(({ name }) => name) ?? [];
    const what =
      names.length === 0 ? "" : `; packets to the addresses of ${names.join(", ")} are accepted (no_accept)`;
    this.#ports.log.error(`Packet filter: ${reason}${what}`);
  }

  /** @param keep leaves the rules: the addresses stay too. */
  close(keep: boolean): Promise<void> {
    return this.#firewall.close(keep);
  }
}
