/** What counts as a change of settings at a reload. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { holdingsDiffer, sameSettings } from "../../../src/vrrp/settings-diff.js";
import { address, settings } from "./settings.js";

const elsewhere = { file: "other", line: 9, column: 9 };

test("the place in the file is no part of the settings, at any depth", () => {
  const [first] = settings().addresses;
  assert.ok(first);
  const moved = settings({ position: elsewhere, addresses: [{ ...first, position: elsewhere }] });
  assert.equal(sameSettings(settings(), moved), true);
  assert.equal(holdingsDiffer(settings(), moved), false);
});

test("a part that came, went or changed is a change, in either direction", () => {
  const changes = [
    settings({ priority: 101 }),
    settings({ unicastPeers: [{ address: "192.0.2.2" }] }),
    settings({ sourceAddress: "192.0.2.7" }),
    settings({ addresses: [...settings().addresses, address("192.0.2.200")] }),
    settings({ addresses: [] }),
  ];
  for (const changed of changes) {
    assert.equal(sameSettings(settings(), changed), false);
    assert.equal(sameSettings(changed, settings()), false);
  }
});

test("a part that is undefined is the same as none", () => {
  const written = settings();
  const explicit = { ...written, sourceAddress: undefined } as unknown as typeof written;
  assert.equal(sameSettings(written, explicit), true);
  assert.equal(sameSettings(explicit, written), true);
});

test("addresses and excluded addresses are not the same list", () => {
  const some = [address("192.0.2.100")];
  const one = settings({ addresses: some, excludedAddresses: [] });
  const other = settings({ addresses: [], excludedAddresses: some });
  assert.equal(holdingsDiffer(one, other), true);
});
