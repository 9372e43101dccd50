/** Interfaces of an instance's own (VMAC, ipvlan), and the VRF (VRRP reference, 14). */
import type { VmacEntry } from "../blocks/vrrp-instance-links.js";
import type { IpvlanSetting, LinkSettings, VmacSetting } from "../model.js";
import { decodeBytes } from "../text.js";
import type { FamilyAddresses } from "./family.js";
import { given } from "./given.js";
import type { InstanceBlock } from "./instance.js";
import type { Judge } from "./judge.js";
import { resolveNames } from "./routing-names.js";

interface Circumstances {
  name: string;
  virtualRouterId: number;
  strict: boolean;
  unicast: boolean;
  /** The interface of the configuration. */
  own: string | undefined;
  /** Names of VMACs and ipvlans of other instances, and whose they are. */
  taken: Map<string, string>;
}

export function readLinks(
  block: InstanceBlock,
  addressing: FamilyAddresses,
  facts: Circumstances,
  judge: Judge,
): LinkSettings {
  const hasInterface = block.has("interface");
  const both = block.has("use_vmac") && block.has("use_ipvlan");
  if (both) judge.mention(block.where("use_ipvlan"), "'use_ipvlan' has no effect beside 'use_vmac'");
  let vmac = readVmac(block, facts, judge);
  let ipvlan = both ? undefined : readIpvlan(block, addressing, facts, judge);
  if (!hasInterface && (vmac ?? ipvlan) !== undefined) {
    const keyword = vmac === undefined ? "use_ipvlan" : "use_vmac";
    judge.repair(block.where(keyword), `'${keyword}' needs 'interface INTERFACE'; it is ignored`);
    vmac = undefined;
    ipvlan = undefined;
  }
  return {
    ...given({ vmac, ipvlan, vrf: readVrf(block, judge) }),
    vmacForOtherAddresses: block.value("use_vmac_addr"),
    transmitOnBase: readTransmitOnBase(block, vmac, facts, judge),
    promoteSecondaries: block.value("promote_secondaries"),
    pollLink: block.value("linkbeat_use_polling"),
  };
}

function readVmac(block: InstanceBlock, facts: Circumstances, judge: Judge): VmacSetting | undefined {
  const entry = block.value("use_vmac");
  if (entry === undefined) return undefined;
  resolveNames(entry, "the entry", judge);
  const vmac: VmacSetting = { netlinkNotify: entry.netlinkNotify };
  const name = uniqueName(entry.name, facts, judge);
  if (name !== undefined) vmac.name = name;
  const macAddress = readMac(entry, facts, judge);
  if (macAddress !== undefined) vmac.macAddress = macAddress;
  if (entry.group !== undefined) vmac.group = entry.group;
  return vmac;
}

/** Five bytes are completed by the VRID. */
function readMac({ mac }: VmacEntry, facts: Circumstances, judge: Judge): string | undefined {
  if (mac === undefined) return undefined;
  if (facts.strict) {
    judge.repair(mac.at, "strict mode does not allow another MAC address; the standard one is used");
    return undefined;
  }
  const bytes = mac.bytes.length === 5 ? [...mac.bytes, facts.virtualRouterId] : mac.bytes;
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function readIpvlan(
  block: InstanceBlock,
  addressing: FamilyAddresses,
  facts: Circumstances,
  judge: Judge,
): IpvlanSetting | undefined {
  const entry = block.value("use_ipvlan");
  if (entry === undefined) return undefined;
  resolveNames(entry, "the entry", judge);
  const { ipvlan: address } = addressing;
  return {
    mode: entry.mode ?? "bridge",
    ...given({
      name: uniqueName(entry.name, facts, judge),
      address: address?.text,
      prefixLength: address?.prefixLength,
      group: entry.group,
    }),
  };
}

function uniqueName(
  name: VmacEntry["name"],
  { name: instance, own, taken }: Circumstances,
  judge: Judge,
): string | undefined {
  if (name === undefined) return undefined;
  if (name.text === own) {
    judge.error(name.at, `'${name.text}' is the interface of the instance itself; the name is ignored`);
    return undefined;
  }
  const other = taken.get(name.text);
  if (other === undefined) {
    taken.set(name.text, instance);
    return name.text;
  }
  judge.error(name.at, `the interface '${name.text}' belongs to '${other}' already; the name is ignored`);
  return undefined;
}

/** Unicast adverts cannot leave through a VMAC, and strict mode wants all adverts to. */
function readTransmitOnBase(
  block: InstanceBlock,
  vmac: VmacSetting | undefined,
  { strict, unicast }: Circumstances,
  judge: Judge,
): boolean {
  const asked = block.value("vmac_xmit_base");
  const at = block.where("vmac_xmit_base");
  if (asked && vmac === undefined) {
    judge.repair(at, "'vmac_xmit_base' needs 'use_vmac'; it is ignored");
    return false;
  }
  if (unicast && vmac !== undefined) {
    if (!asked)
      judge.repair(block.where("use_vmac"), "unicast with 'use_vmac' needs 'vmac_xmit_base', which is set");
    return true;
  }
  if (!asked || !strict) return asked;
  judge.repair(at, "strict mode does not allow 'vmac_xmit_base'; it is ignored");
  return false;
}

function readVrf(block: InstanceBlock, judge: Judge): string | undefined {
  const vrf = block.setting("vrf");
  if (vrf?.value === undefined) return undefined;
  if (block.has("interface")) {
    judge.error(vrf.at, "'vrf' is for instances without 'interface'; it is ignored");
    return undefined;
  }
  judge.needInterface(vrf.at);
  return decodeBytes(vrf.at.text);
}
