/**
 * RTM_NEWLINK for interfaces of our own: macvlan and ipvlan (linux/if_link.h). Pure.
 *
 *   ifinfomsg, IFLA_LINK the base, IFLA_IFNAME, IFLA_ADDRESS, IFLA_LINKINFO { KIND, DATA { mode } }
 *
 * Settings per family (IFLA_AF_SPEC) are only taken by a second message, when the link is there.
 */
import { MessageWriter } from "./attributes.js";
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  IFLA_ADDRESS,
  IFLA_AF_SPEC,
  IFLA_GROUP,
  IFLA_IFNAME,
  IFLA_INET6_ADDR_GEN_MODE,
  IFLA_INET_CONF,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_IPVLAN_FLAGS,
  IFLA_IPVLAN_MODE,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_MACVLAN_MODE,
  IFLA_MASTER,
  IN6_ADDR_GEN_MODE_NONE,
  IPVLAN_MODE_L2,
  MACVLAN_MODE_PRIVATE,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  RTM_DELLINK,
  RTM_NEWLINK,
} from "./constants.js";

interface NewLink {
  name: string;
  /** Index of the base. */
  base: number;
  group: number;
  /** Index of the VRF it belongs to; 0 for none. */
  master: number;
  /** macvlan: hardware address. ipvlan: IPVLAN_F_ bits. */
  kind: { macvlan: Uint8Array } | { ipvlan: number };
}

const writer = new MessageWriter();

/** A macvlan in private mode, or an ipvlan of layer 2; fails when the name is taken. */
export function encodeNewLink({ name, base, group, master, kind }: NewLink): Uint8Array {
  begin(NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL)
    .attributeU32(IFLA_LINK, base)
    .attributeText(IFLA_IFNAME, name)
    .attributeU32(IFLA_GROUP, group);
  if ("macvlan" in kind) writer.attribute(IFLA_ADDRESS, kind.macvlan);
  writer.nested(IFLA_LINKINFO, (info) => {
    if ("macvlan" in kind) {
      info.attributeText(IFLA_INFO_KIND, "macvlan");
      info.nested(IFLA_INFO_DATA, (data) => data.attributeU32(IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE));
    } else {
      info.attributeText(IFLA_INFO_KIND, "ipvlan");
      info.nested(IFLA_INFO_DATA, (data) => {
        data.attributeU16(IFLA_IPVLAN_MODE, IPVLAN_MODE_L2);
        data.attributeU16(IFLA_IPVLAN_FLAGS, kind.ipvlan);
      });
    }
  });
  if (master !== 0) writer.attributeU32(IFLA_MASTER, master);
  return writer.finish();
}

interface FamilySettings {
  /** By IPV4_DEVCONF_ number. */
  ipv4: ReadonlyMap<number, number>;
  /** No IPv6 address that the kernel makes up itself. */
  noGeneratedAddress: boolean;
}

/** Settings of a link that is found by its name. */
export function encodeLinkSettings(name: string, { ipv4, noGeneratedAddress }: FamilySettings): Uint8Array {
  return begin(NLM_F_REQUEST)
    .attributeText(IFLA_IFNAME, name)
    .nested(IFLA_AF_SPEC, (families) => {
      if (ipv4.size > 0)
        families.nested(AF_INET, (family) => {
          family.nested(IFLA_INET_CONF, (settings) => {
            for (const [number, value] of ipv4) settings.attributeU32(number, value);
          });
        });
      if (noGeneratedAddress)
        families.nested(AF_INET6, (family) => {
          family.attributeU8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
        });
    })
    .finish();
}

/** What can be changed of a link that is found by its name; flags are IFF_ bits, those in `mask` change. */
export function encodeChangeLink(
  name: string,
  change: { flags?: number; mask?: number; group?: number; master?: number },
): Uint8Array {
  begin(NLM_F_REQUEST, 0, change.flags, change.mask).attributeText(IFLA_IFNAME, name);
  if (change.group !== undefined) writer.attributeU32(IFLA_GROUP, change.group);
  if (change.master !== undefined) writer.attributeU32(IFLA_MASTER, change.master);
  return writer.finish();
}

/** Removes all links of a group at once: the kernel waits once for all of them (rtnl_group_dellink). */
export function encodeDeleteGroup(group: number): Uint8Array {
  return begin(NLM_F_REQUEST, 0, 0, 0, RTM_DELLINK).attributeU32(IFLA_GROUP, group).finish();
}

export function encodeRenameLink(index: number, name: string): Uint8Array {
  return begin(NLM_F_REQUEST, index).attributeText(IFLA_IFNAME, name).finish();
}

function begin(
  messageFlags: number,
  index = 0,
  flags = 0,
  mask = 0,
  type: typeof RTM_NEWLINK | typeof RTM_DELLINK = RTM_NEWLINK,
): MessageWriter {
  return writer.begin(type, messageFlags).u8(AF_UNSPEC, 0).u16(0).u32(index).u32(flags).u32(mask);
}
