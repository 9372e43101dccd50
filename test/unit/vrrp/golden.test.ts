/**
 * Packets captured from keepalived 2.2.7 (and one computed), in both directions: what we build is what was on the
 * wire, what was on the wire is understood and accepted. test/data/vrrp-packets.json says where each comes from.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { VrrpInstanceConfig } from "../../../src/config/model.js";
import { internetChecksum } from "../../../src/net/checksum.js";
import { formatAddress } from "../../../src/net/ip-address.js";
import {
  type AdvertFields,
  type ChecksumForm,
  decodeAdvert,
  encodeAdvert,
  pseudoHeaderSum,
} from "../../../src/vrrp/advert.js";
import { Counters } from "../../../src/vrrp/counters.js";
import { AdvertReceiver, type StateView } from "../../../src/vrrp/receive.js";
import { bytesOf } from "./segment.js";
import { address, seconds, settings } from "./settings.js";

interface Vector {
  id: string;
  frame_hex: string;
  decoded?: {
    type: string;
    ip: { version: number; src: string; dst: string; id?: number; ttl?: number; hop_limit?: number };
    vrrp: {
      version: 2 | 3;
      vrid: number;
      priority: number;
      addr_count: number;
      auth_type?: number;
      advert_int_sec?: number;
      max_advert_int_cs?: number;
      addresses: string[];
      auth_data_hex?: string;
      checksum_verifies: string;
    };
  };
}

const file = JSON.parse(readFileSync("test/data/vrrp-packets.json", "utf8")) as { vectors: Vector[] };
const vectors = file.vectors.filter(({ id, decoded }) => decoded?.type === "vrrp" && !id.includes("ah-"));

const FORMS: Readonly<Record<string, [ChecksumForm, Partial<VrrpInstanceConfig>]>> = {
  plain: ["messageOnly", {}],
  "plain (no pseudo-header)": ["messageOnly", { checksumAsVersion2: true }],
  "pseudo-header(src,dst)": ["pseudoHeader", {}],
  "pseudo-header(src,224.0.0.18)": ["groupPseudoHeader", { oldUnicastChecksum: "always" }],
};
const BACKUP: StateView = { state: "backup", masterAddress: undefined, outranks: () => false };

function parts(vector: Vector) {
  const { decoded } = vector;
  assert(decoded);
  const { ip, vrrp } = decoded;
  const frame = Buffer.from(vector.frame_hex, "hex");
  const family = ip.version === 4 ? 4 : 6;
  const interval =
    vrrp.advert_int_sec === undefined ? (vrrp.max_advert_int_cs ?? 0) / 100 : vrrp.advert_int_sec;
  const password = Buffer.from(vrrp.auth_data_hex ?? "", "hex")
    .toString("latin1")
    .replace(/\0+$/, "");
  const fields: AdvertFields = {
    family,
    version: vrrp.version,
    virtualRouterId: vrrp.vrid,
    priority: vrrp.priority,
    intervalMicros: seconds(interval),
    addresses: vrrp.addresses.map(bytesOf),
    password,
  };
  // After the Ethernet header, and for IPv6 after the IP header too: what a raw socket gives and takes.
  const datagram = new Uint8Array(frame.subarray(family === 4 ? 14 : 54));
  return { ip, vrrp, family, fields, datagram, hopLimit: family === 4 ? 255 : (frame[21] ?? 0) } as const;
}

test("there are vectors for both versions and both families", () => {
  assert.equal(vectors.length, 22);
});

for (const vector of vectors) {
  test(`encodes ${vector.id} as it was captured`, () => {
    const { ip, vrrp, family, fields, datagram } = parts(vector);
    if (family === 6) {
      // The kernel fills the checksum in: what it will find is the sum over pseudo-header and message.
      const { bytes } = encodeAdvert(fields);
      const initial = pseudoHeaderSum(bytesOf(ip.src), bytesOf(ip.dst), bytes.length);
      const checksum = internetChecksum(bytes, 0, bytes.length, initial);
      bytes.set([checksum >> 8, checksum & 0xff], 6);
      assert.deepEqual(bytes, datagram);
      return;
    }
    const [form] = FORMS[vrrp.checksum_verifies] ?? assert.fail(vrrp.checksum_verifies);
    const route = {
      source: bytesOf(ip.src),
      destination: bytesOf(ip.dst),
      ttl: 255,
      checksum: form,
      group: bytesOf("224.0.0.18"),
    };
    const packet = encodeAdvert(fields, route);
    packet.setIdentification(ip.id ?? 0);
    const headerChecksum = internetChecksum(packet.bytes, 0, 20);
    packet.bytes.set([headerChecksum >> 8, headerChecksum & 0xff], 10); // the kernel's part
    assert.deepEqual(packet.bytes, datagram);
  });

  test(`decodes ${vector.id}`, () => {
    const { vrrp, family, fields, datagram } = parts(vector);
    const decoded = decodeAdvert(datagram, family);
    assert(decoded.ok);
    const { value } = decoded;
    const size = family === 4 ? 4 : 16;
    const addresses = Array.from({ length: value.count }, (_, i) =>
      formatAddress(value.addresses, i * size, size),
    );
    assert.deepEqual(
      [value.version, value.type, value.virtualRouterId, value.priority, value.count, value.intervalMicros],
      [vrrp.version, 1, vrrp.vrid, vrrp.priority, vrrp.addr_count, fields.intervalMicros],
    );
    assert.equal(value.authType, vrrp.auth_type ?? 0);
    assert.deepEqual(addresses, vrrp.addresses);
    assert.equal(Buffer.from(value.authData).toString("hex"), vrrp.auth_data_hex ?? "");
  });

  test(`accepts ${vector.id} without a remark`, () => {
    const { ip, vrrp, family, fields, datagram, hopLimit } = parts(vector);
    const unicast = !/^(224|ff02)/.test(ip.dst);
    const receiver = new AdvertReceiver(
      settings({
        family,
        version: vrrp.version,
        virtualRouterId: vrrp.vrid,
        advertIntervalMicros: fields.intervalMicros,
        auth: fields.password ? { type: "pass", password: fields.password } : { type: "none" },
        unicastPeers: unicast ? [{ address: ip.src }] : [],
        addresses: vrrp.addresses.map(address),
        ...FORMS[vrrp.checksum_verifies]?.[1],
      }),
      new Counters(),
    );
    const verdict = receiver.receive(
      { bytes: datagram, source: bytesOf(ip.src), destination: bytesOf(ip.dst), hopLimit },
      BACKUP,
    );
    assert(verdict.accepted, verdict.accepted ? "" : verdict.detail);
    assert.deepEqual(verdict.remarks, []);
    assert.deepEqual(verdict.event.advert, {
      priority: vrrp.priority,
      intervalMicros: fields.intervalMicros,
      source: bytesOf(ip.src),
    });
  });
}

test("a packet with an AH header is a mismatch of authentication, not a riddle", () => {
  for (const vector of file.vectors.filter(({ id }) => id.includes("ah-"))) {
    const counters = new Counters();
    const receiver = new AdvertReceiver(settings({ priority: 90 }), counters);
    const bytes = new Uint8Array(Buffer.from(vector.frame_hex, "hex").subarray(14));
    const nowhere = new Uint8Array(0);
    const packet = { bytes, source: nowhere, destination: nowhere, hopLimit: -1 };
    const verdict = receiver.receive(packet, BACKUP);
    assert.equal(!verdict.accepted && verdict.drop, "authMismatch");
    assert.equal(counters.authTypeMismatch, 1);
  }
});
