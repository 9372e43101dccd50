#!/bin/sh
# The README's two commands in a fresh Debian: only Debian's nodejs, npm and git are there, and a clone of the last commit.
#
#   test/setup/fresh-debian.sh [SUITE [BASE.tar [COMMAND...]]]
#
# SUITE is trixie unless given. BASE.tar keeps the bare system for the next time: made when absent, else unpacked.
# Without COMMANDs it runs "npm run demo" and "npm test", each twice, as the second run must skip what is done.
# Needs root, debootstrap, and whatever this machine's apt and npm are configured with: their settings are copied, so
# that the packages come from where this machine takes its own.
set -eu

suite=${1:-trixie}
base=${2:-}
[ $# -lt 2 ] || shift 2
[ $# -gt 0 ] || set -- "npm run demo" "npm run demo" "npm test" "npm test"
repository=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "fresh-debian.sh needs root" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "type: apt-get install debootstrap" >&2; exit 1; }

work=$(mktemp -d)
root=$work/root
# Mounts are made in a mount namespace of their own and end with it: what is left is a folder.
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$root"

# The first address of a Debian archive in this machine's apt settings.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
  sed -nE 's/^(deb|URIs:) +(\[[^]]*\] +)?(https?:[^ ]*debian\/?)( .*)?$/\3/p' | head -n 1)
[ -n "$mirror" ] || { echo "no Debian archive found in this machine's apt settings" >&2; exit 1; }

# Runs one command as root of the new system, with namespaces of its own for mounts and processes.
in_fresh() {
  env -u npm_config_nodedir -u NODE_OPTIONS unshare --mount --pid --fork --kill-child sh -eu -c '
    mount --bind "$1" "$1"
    mount -t proc proc "$1/proc"
    mount -t sysfs sysfs "$1/sys"
    mount --rbind /dev "$1/dev"
    mount -t tmpfs -o mode=755 run "$1/run"
    exec chroot "$1" /usr/bin/env HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      sh -c "$2"
  ' sh "$root" "$1"
}

# apt and npm as this machine uses them. Not npm's nodedir: it would hide that the addon finds Node's headers by itself.
copy_settings() {
  cp -a /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
  for name in apt.conf auth.conf auth.conf.d; do
    [ ! -e "/etc/apt/$name" ] || cp -a "/etc/apt/$name" "$root/etc/apt/"
  done
  rm -rf "$root"/etc/apt/sources.list.d/*
  echo "deb $mirror $suite main" >"$root/etc/apt/sources.list"
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
  : >"$root/root/.npmrc"
  for settings in "$(npm config get globalconfig)" "$(npm config get userconfig)"; do
    [ ! -f "$settings" ] || grep -v '^ *nodedir' "$settings" >>"$root/root/.npmrc" || true
  done
}

if [ -n "$base" ] && [ -f "$base" ]; then
  tar -xpf "$base" -C "$root"
  copy_settings
else
  # debootstrap cannot choose between alternatives of a dependency, as npm needs it: that is apt's part.
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror"
  copy_settings
  in_fresh "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends nodejs npm git"
  in_fresh "apt-get clean"
  [ -z "$base" ] || tar -cpf "$base" -C "$root" .
fi
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
# A fresh machine may have no package lists: the set-up must fetch them.
rm -rf "$root"/var/lib/apt/lists/*
git clone -q "file://$repository" "$root/root/keepalived"

echo "fresh $suite: node $(in_fresh 'node --version'), npm $(in_fresh 'npm --version')"
for command in "$@"; do
  started=$(date +%s)
  status=0
  in_fresh "cd /root/keepalived && $command" || status=$?
  echo "fresh $suite: '$command' ended with $status after $(($(date +%s) - started)) s"
  [ "$status" = 0 ] || exit "$status"
done
in_fresh 'for f in /etc/systemd/system/*.wants/* /etc/rc[2-5].d/S*; do case $f in *keepalived*) echo "enabled: $f"; exit 1;; esac; done; [ ! -e /usr/sbin/policy-rc.d ]'
echo "fresh $suite: no service was enabled, and policy-rc.d is as it was"
