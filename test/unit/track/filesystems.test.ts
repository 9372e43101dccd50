/** Which file systems tell of changes, from what proc(5) shows of the mounts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { silentFilesystem } from "../../../src/track/filesystems.js";

const MOUNTS = `21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
22 21 0:20 / /proc rw,nosuid - proc proc rw
23 21 0:41 /export /srv/state rw,relatime shared:9 master:2 - nfs4 server:/export rw,vers=4.2
24 23 0:42 / /srv/state/local rw - tmpfs tmpfs rw
25 21 0:43 / /mnt/a\\040b rw - fuse.sshfs host: rw
26 21 0:44 / /mnt/twice rw - nfs server:/x rw
27 26 0:45 / /mnt/twice rw - xfs /dev/vdb rw
`;

for (const [path, expected] of [
  ["/etc/keepalived/state", undefined],
  ["/proc/1/comm", "proc"],
  ["/srv/state", "nfs4"],
  ["/srv/state/deeper/file", "nfs4"],
  ["/srv/state2", undefined],
  ["/srv/state/local/file", undefined],
  ["/mnt/a b/file", "fuse.sshfs"],
  ["/mnt/twice/file", undefined],
] as const) {
  test(`${path}: ${expected ?? "tells of changes"}`, () => {
    assert.equal(silentFilesystem(path, MOUNTS), expected);
  });
}

test("no text throws, and none is taken for a file system that is silent", () => {
  fc.assert(fc.property(fc.string(), (text) => assert.equal(silentFilesystem("/a", text), undefined)));
  assert.equal(silentFilesystem("/a", ""), undefined);
});
