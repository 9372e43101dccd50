/** Which file systems tell inotify(7) of changes: those whose files are changed by this host alone. Pure. */

/** Others change these files, or the kernel does; asking a server that does not answer holds up whoever asks. */
const SILENT = new Set(
  (
    "nfs nfs4 cifs smb3 smbfs 9p ceph afs coda lustre beegfs gfs2 ocfs2 virtiofs vboxsf autofs fuse " +
    "proc sysfs cgroup cgroup2 devpts debugfs tracefs bpf mqueue configfs securityfs pstore efivarfs"
  ).split(" "),
);

/** Of /proc/self/mountinfo: (ids, device, root) mount point, (options) - type ... */
const LINE = /^\S+ \S+ \S+ \S+ (\S+) .*? - (\S+) /;

/** Blanks and their like are written as octal numbers. */
function unescaped(mountPoint: string): string {
  return mountPoint.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function isBelow(path: string, mountPoint: string): boolean {
  return mountPoint === "/" || path === mountPoint || path.startsWith(`${mountPoint}/`);
}

/**
 * The type of the file system of an absolute path when it tells nothing of changes, as mountinfo (proc(5)) shows it;
 * undefined when it does. Of several on one mount point the last one counts. Symbolic links are not followed.
 */
export function silentFilesystem(path: string, mountinfo: string): string | undefined {
  let nearest = "";
  let type = "";
  for (const line of mountinfo.split("\n")) {
    const [, escaped = "", found = ""] = LINE.exec(line) ?? [];
    const mountPoint = unescaped(escaped);
    if (mountPoint === "" || mountPoint.length < nearest.length || !isBelow(path, mountPoint)) continue;
    nearest = mountPoint;
    type = found;
  }
  return SILENT.has(type) || type.startsWith("fuse.") ? type : undefined;
}
