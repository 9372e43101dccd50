#!/bin/sh
# Process 1 of the guest: mounts, modules, one command, power off. guest.ts starts it with the scratch folder as argument.
# For dash, and with few processes: a fork costs time in proportion to the size of the parent.
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
power_off() { echo o >/proc/sysrq-trigger; sleep 5; poweroff -f; } 2>/dev/null >&2
# Linux 6.1 takes the folder alone as the option of hostfs, and has no other; a newer mount(8) can only name it.
mount_host() {
  mount -t hostfs -o "${3}hostfs=$1" none "$2" 2>/dev/null || mount -t hostfs -o "$3$1" none "$2" || power_off
}
scratch=$1
# Sets exchange, repository, keep (folders that stay visible), limit_s, live and command (quoted words), and defines
# environment, a function. Read before /tmp, where it lies, is hidden.
. "$scratch/settings"

mount -t proc proc /proc
# Rings that a program maps, as libuv does, ruin the memory of Linux 6.12 in user mode ("Bad page map ... [io_uring]").
[ ! -e /proc/sys/kernel/io_uring_disabled ] || echo 2 >/proc/sys/kernel/io_uring_disabled
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm 2>/dev/null
mount -t devpts devpts /dev/pts 2>/dev/null
mount -t tmpfs -o mode=1777 shm /dev/shm 2>/dev/null
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
[ -e /dev/stdout ] || { ln -s fd/0 /dev/stdin; ln -s fd/1 /dev/stdout; ln -s fd/2 /dev/stderr; }

# The machine's own file system stays as it is, read-only: what the guest may write is in its memory.
mount -t tmpfs -o mode=755 run /run
[ -L /var/run ] || mount -t tmpfs -o mode=755 varrun /var/run
mkdir -p /run/guest/control /run/guest/exchange /run/netns /run/lock /run/guest/modules/lib
mount_host "$scratch" /run/guest/control
mount_host "$exchange" /run/guest/exchange
mount -t tmpfs -o mode=1777 tmp /tmp
for folder in $keep; do
  case $folder/ in
    /tmp/* | /run/* | /var/run/* | /dev/shm/*)
      mkdir -p "$folder"
      mount_host "$folder" "$folder" ro,
      ;;
  esac
done
mount -t tmpfs -o mode=755 lab "$repository/build/lab"

ln -s /usr/lib/uml/modules /run/guest/modules/lib/modules
for module in ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_sh ip_vs_mh ip_vs_dh ip_vs_sed ip_vs_nq ip_vs_lblc \
  ip_vs_lblcr ip_vs_fo ip_vs_ovf ip_vs_pe_sip dummy 8021q vrf ipvlan macvlan veth bridge nf_tables nft_compat nlmon; do
  set -- "$@" "$module"
done
shift
# All at once is quick, but one that is missing ends it.
modprobe -a -q -d /run/guest/modules "$@" 2>/dev/null ||
  for module in "$@"; do modprobe -q -d /run/guest/modules "$module" 2>/dev/null; done
ip link set lo up
hostname guest 2>/dev/null
: >/run/guest/control/booted
sync

(
  environment
  cd "$repository" || exit 125
  eval "set -- $command"
  if [ "$live" = 1 ]; then
    setsid timeout -k 5 "$limit_s" "$@" </dev/null
  else
    setsid timeout -k 5 "$limit_s" "$@" </dev/null >/run/guest/control/stdout 2>/run/guest/control/stderr
  fi
) &
running=$!
(while sleep 2; do sync; done) >/dev/null 2>&1 &
wait $running
echo $? >/run/guest/control/status
sync
power_off
