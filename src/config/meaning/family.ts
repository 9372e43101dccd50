/** Which family an instance is of, and what of the other family has to go (config-language reference, 5.4). */
import type { AddressEntry } from "../blocks/address-entry.js";
import type { PeerEntry } from "../blocks/tracking.js";
import type { IpvlanEntry } from "../blocks/vrrp-instance-links.js";
import type { Family } from "../model.js";
import type { Setting } from "../schema.js";
import type { Word } from "../text.js";
import type { Address } from "../values/address.js";
import type { InstanceBlock } from "./instance.js";
import type { Judge } from "./judge.js";

export interface FamilyAddresses {
  family: Family;
  /** What was written first; undefined when nothing was. */
  decidedBy: Word | undefined;
  addresses: readonly AddressEntry[];
  peers: readonly PeerEntry[];
  source: Setting<Address> | undefined;
  destination: Setting<Address> | undefined;
  /** The address of use_ipvlan. */
  ipvlan: IpvlanEntry["address"];
}

/** Something of a family. */
interface Witness {
  at: Word;
  family: Family;
}

class Witnesses {
  /** In the order of the text. */
  first: Witness | undefined;
  differ = false;

  hear(witness: Witness | undefined): void {
    if (witness === undefined) return;
    const { first } = this;
    if (first !== undefined && first.family !== witness.family) this.differ = true;
    if (first === undefined || witness.at.order < first.at.order) this.first = witness;
  }
}

/** The first address that was written decides; nothing at all means IPv4. */
export function settleFamily(block: InstanceBlock, judge: Judge): FamilyAddresses {
  const addresses = block.value("virtual_ipaddress");
  const peers = block.value("unicast_peer");
  const source = lastSource(block);
  const destination = given(block.setting("mcast_dst_ip"));
  const ipvlan = block.value("use_ipvlan")?.address;
  const native = block.setting("native_ipv6");

  const witnesses = new Witnesses();
  for (let i = 0; i < addresses.length; i++) witnesses.hear(addresses[i]);
  for (let i = 0; i < peers.length; i++) witnesses.hear(peers[i]);
  if (source) witnesses.hear({ at: source.at, family: source.value.family });
  if (destination) witnesses.hear({ at: destination.at, family: destination.value.family });
  witnesses.hear(ipvlan);
  if (native) witnesses.hear({ at: native.head, family: 6 });
  const { first } = witnesses;
  const family = first?.family ?? 4;
  if (!witnesses.differ)
    return { family, decidedBy: first?.at, addresses, peers, source, destination, ipvlan };

  const notes = first ? [{ message: `the instance is IPv${family} because of this`, at: first.at }] : [];
  const fits = (item: Witness): boolean => {
    if (item.family === family) return true;
    const message = `an IPv${item.family} address in an IPv${family} instance is ignored; use a second instance or virtual_ipaddress_excluded`;
    judge.error(item.at, message, { notes });
    return false;
  };
  const fitting = (setting: Setting<Address> | undefined) => {
    return setting && fits({ at: setting.at, family: setting.value.family }) ? setting : undefined;
  };
  if (native && family === 4)
    judge.error(native.head, "'native_ipv6' in an IPv4 instance is ignored", { notes });
  return {
    family,
    decidedBy: first?.at,
    addresses: addresses.filter(fits),
    peers: peers.filter(fits),
    source: fitting(source),
    destination: fitting(destination),
    ipvlan: ipvlan && fits(ipvlan) ? ipvlan : undefined,
  };
}

/** mcast_src_ip and unicast_src_ip are one setting. */
function lastSource(block: InstanceBlock): Setting<Address> | undefined {
  const multicast = given(block.setting("mcast_src_ip"));
  const unicast = given(block.setting("unicast_src_ip"));
  return block.isLast("mcast_src_ip", "unicast_src_ip") ? multicast : unicast;
}

function given(setting: Setting<Address | undefined> | undefined): Setting<Address> | undefined {
  if (setting?.value === undefined) return undefined;
  return { value: setting.value, at: setting.at, head: setting.head };
}
