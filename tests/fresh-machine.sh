#!/bin/bash
# usage: tests/fresh-machine.sh [--check] [--chroot] [--keep] [--cache FILE] [--suite NAME]
#
# The README's commands on a machine that has nothing but git and make: a Debian root file system made by debootstrap,
# entered with its own mounts and processes, in which this checkout's HEAD is cloned and `make wheelhouse` is run
# (with --check, `make check` too). Needs root and debootstrap. --chroot: a chroot with the rights that a container
# has, in which no namespace can be made. --cache keeps the base system in FILE for the next time; --keep leaves the
# tree where it is.
#
# How the machine reaches its package servers is taken from this one: apt's sources and options, proxies,
# certificates, pip's configuration.
set -euo pipefail

source=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
. "$source/tests/root-lib.sh"
suite=bookworm cache='' check='' keep='' enter=inside
while [ $# -gt 0 ]; do
    case $1 in
    --check) check=1 ;;
    --chroot) enter=inside_chroot ;;
    --keep) keep=1 ;;
    --cache) cache=$2; shift ;;
    --suite) suite=$2; shift ;;
    *) sed -n '2,/^$/p' "$0" >&2; exit 2 ;;
    esac
    shift
done
require_debootstrap fresh-machine

root=$(mktemp -d /var/tmp/truewheel-fresh.XXXXXX)
chmod 755 "$root"
finish() {
    if [ -n "$keep" ]; then
        echo "fresh-machine: kept: $root"
    else
        rm -rf --one-file-system "$root"
    fi
}
trap finish EXIT

make_base() {
    if [ -n "$cache" ] && [ -f "$cache" ]; then
        tar -C "$root" -xf "$cache"
        return
    fi
    debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$root" $(mirror) >"$root.log" 2>&1 || {
        tail -n 20 "$root.log" >&2
        exit 1
    }
    rm -f "$root.log"
    [ -z "$cache" ] || tar -C "$root" -cf "$cache" .
}

timed() {
    local start=$SECONDS
    "$@"
    echo "fresh-machine: $((SECONDS - start)) s: ${*: -1}"
}

timed make_base
copy_access
git clone --quiet "$source" "$root/root/truewheel"
timed $enter sh -c 'cd /root/truewheel && make wheelhouse'
for project in psutil pytest; do
    compgen -G "$root/root/truewheel/wheelhouse/$project-*.whl" >/dev/null || {
        echo "fresh-machine: no wheel of $project in the wheelhouse" >&2
        exit 1
    }
done
[ -z "$check" ] || timed $enter sh -c 'cd /root/truewheel && make check'
echo "fresh-machine: ok"
