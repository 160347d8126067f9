#!/bin/bash
# usage: tests/fresh-machine.sh [--check] [--keep] [--cache FILE] [--suite NAME]
#
# The README's commands on a machine that has nothing but git and make: a Debian root file system made by debootstrap,
# entered with its own mounts and processes, in which this checkout's HEAD is cloned and `make wheelhouse` is run
# (with --check, `make check` too). Needs root and debootstrap. --cache keeps the base system in FILE for the next
# time; --keep leaves the tree where it is.
#
# How the machine reaches its package servers is taken from this one: apt's sources and options, proxies,
# certificates, pip's configuration.
set -euo pipefail

source=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
suite=bookworm cache='' check='' keep=''
while [ $# -gt 0 ]; do
    case $1 in
    --check) check=1 ;;
    --keep) keep=1 ;;
    --cache) cache=$2; shift ;;
    --suite) suite=$2; shift ;;
    *) sed -n '2,/^$/p' "$0" >&2; exit 2 ;;
    esac
    shift
done
[ "$(id -u)" = 0 ] || { echo "fresh-machine: needs root: debootstrap makes a system" >&2; exit 3; }
command -v debootstrap >/dev/null || { echo "fresh-machine: needs debootstrap (apt-get install debootstrap)" >&2; exit 3; }

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

# The archive that this machine installs Debian from; the default of debootstrap when it is none.
mirror() {
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 2>/dev/null |
        awk '$3 == "Debian" && $2 !~ /security|updates/ {print $1; exit}'
}

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

# What is needed to reach the same servers; nothing that a build could use.
copy_access() {
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    local file
    for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
        if [ -f "$file" ] && grep -qiE '^[[:space:]]*Acquire(::|[[:space:]]*\{)' "$file"; then
            install -m 644 "$file" "$root/etc/apt/apt.conf.d/host-$(basename "$file")"
        fi
    done
    [ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"
    if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
        install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/host-certificates.crt"
        cp "$root/etc/host-certificates.crt" "$root/etc/ssl/certs/ca-certificates.crt"
    fi
}

access_environment() {
    env | grep -E '^(PIP_INDEX_URL|PIP_EXTRA_INDEX_URL|PIP_TRUSTED_HOST|PIP_DEFAULT_TIMEOUT|[A-Za-z]+_(proxy|PROXY))=' || true
    [ ! -f "$root/etc/host-certificates.crt" ] || echo PIP_CERT=/etc/host-certificates.crt
}

# A root of its own (not a chroot, in which user namespaces are refused) with its own /proc, /dev and processes.
inside() {
    local environment
    mapfile -t environment < <(access_environment)
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM="${TERM:-dumb}" \
        ${CI:+CI="$CI"} "${environment[@]}" unshare --mount --pid --fork --propagation private sh -ec '
            root=$1
            shift
            mount --bind "$root" "$root"
            mount --rbind /dev "$root/dev"
            mount -t proc proc "$root/proc"
            mount -t sysfs sysfs "$root/sys" 2>/dev/null || true
            cd "$root"
            mkdir -p .old
            pivot_root . .old
            umount -l /.old
            rmdir /.old
            exec "$@"
        ' inside "$root" "$@"
}

timed() {
    local start=$SECONDS
    "$@"
    echo "fresh-machine: $((SECONDS - start)) s: ${*: -1}"
}

timed make_base
copy_access
git clone --quiet "$source" "$root/root/truewheel"
timed inside sh -c 'cd /root/truewheel && make wheelhouse'
for project in psutil pytest; do
    compgen -G "$root/root/truewheel/wheelhouse/$project-*.whl" >/dev/null || {
        echo "fresh-machine: no wheel of $project in the wheelhouse" >&2
        exit 1
    }
done
[ -z "$check" ] || timed inside sh -c 'cd /root/truewheel && make check'
echo "fresh-machine: ok"
