/** Addresses as text and bytes; the reference for IPv6 text is Node's own inet_pton (net.isIP) and URL serializer. */
import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import {
  canonicalAddress,
  compareAddresses,
  formatAddress,
  isLinkLocal,
  isMulticast,
  isUnspecified,
  parseAddress,
} from "../../../src/net/ip-address.js";

/** RFC 5952 section 4 and 5. */
const CANONICAL: [text: string, canonical: string][] = [
  ["192.0.2.1", "192.0.2.1"],
  ["2001:0db8::0001", "2001:db8::1"],
  ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:DB8::ABCD", "2001:db8::abcd"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["::ffff:192.0.2.128", "::ffff:192.0.2.128"],
  ["::FFFF:c000:280", "::ffff:192.0.2.128"],
];

test("addresses are written as RFC 5952 says", () => {
  for (const [text, canonical] of CANONICAL) assert.equal(canonicalAddress(text), canonical, text);
});

test("what inet_pton refuses is refused", () => {
  const bad = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "1.2.3.4 ",
    "1.2.3.4/24",
    "::1::",
    "1:2:3:4:5:6:7",
  ];
  bad.push(
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "fe80::1%eth0",
    ":::",
    "1.2.3.4::",
    "::1.2.3",
    "::g",
    ":1",
  );
  for (const text of bad) assert.equal(parseAddress(text), undefined, text);
});

test("text that looks like an address is taken exactly when Node takes it", () => {
  const piece = fc.constantFrom(
    "0",
    "1",
    "ff",
    "abcd",
    "12345",
    ":",
    "::",
    ".",
    "255",
    "256",
    "1.2.3.4",
    "g",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
      const text = pieces.join("");
      assert.equal(parseAddress(text) !== undefined, isIP(text) !== 0, text);
    }),
    { numRuns: 20_000 },
  );
});

test("every address survives the way to text and back, and IPv6 text is that of the URL standard", () => {
  const group = fc.oneof(fc.constant(0), fc.nat(0xffff));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const bytes = Uint8Array.from(groups.flatMap((g) => [g >> 8, g & 255]));
      const text = formatAddress(bytes);
      assert.deepEqual(parseAddress(text), bytes);
      if (!text.includes(".")) assert.equal(new URL(`http://[${text}]/`).hostname, `[${text}]`);
    }),
  );
});

test("addresses are read in place", () => {
  assert.equal(formatAddress(Uint8Array.of(9, 192, 0, 2, 1, 9), 1, 4), "192.0.2.1");
  assert.equal(formatAddress(Uint8Array.of(1, 2, 3)), "");
});

const bytes = (text: string): Uint8Array => parseAddress(text) as Uint8Array;

test("addresses compare as unsigned numbers", () => {
  assert.ok(compareAddresses(bytes("192.0.2.1"), bytes("10.255.255.255")) > 0);
  assert.ok(compareAddresses(bytes("192.0.2.1"), bytes("192.0.2.200")) < 0);
  assert.equal(compareAddresses(bytes("fe80::1"), bytes("fe80::1")), 0);
});

test("link-local, multicast and unspecified addresses are told apart", () => {
  for (const text of ["fe80::1", "febf::1", "169.254.3.4"]) assert.ok(isLinkLocal(bytes(text)), text);
  for (const text of ["fec0::1", "2001:db8::1", "169.253.1.1"]) assert.ok(!isLinkLocal(bytes(text)), text);
  for (const text of ["224.0.0.18", "239.1.1.1", "ff02::12"]) assert.ok(isMulticast(bytes(text)), text);
  for (const text of ["223.0.0.18", "240.0.0.1", "fe02::12"]) assert.ok(!isMulticast(bytes(text)), text);
  assert.ok(isUnspecified(bytes("::")) && isUnspecified(bytes("0.0.0.0")) && !isUnspecified(bytes("::1")));
});
