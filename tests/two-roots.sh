#!/bin/bash
# usage: tests/two-roots.sh [--cache FILE] [--keep] [--with PACKAGE]... BUILD-DIRECTORY REQUIREMENT...
#
# The same wheels from two root file systems: this one and one made by debootstrap, with the same Python and compiler
# packages. BUILD-DIRECTORY must have an engine for /usr/bin/python3. Needs root, debootstrap and an index.
# --cache keeps the made system in FILE for the next time; --keep leaves the tree where it is; --with names a package
# of the system that the builds use as well (PyYAML looks for libyaml-dev).
# Status 0: equal hashes; 1: they differ; 77: the packages of the two are not the same.
set -euo pipefail
export TRUEWHEEL_NO_CACHE=1 # both roots are to build

source=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
. "$source/tests/root-lib.sh"
cache='' keep='' with=''
while [ $# -gt 0 ]; do
    case $1 in
    --keep) keep=1 ;;
    --cache) cache=$2; shift ;;
    --with) with="$with $2"; shift ;;
    -*) sed -n '2,/^$/p' "$0" >&2; exit 2 ;;
    *) break ;;
    esac
    shift
done
[ $# -ge 2 ] || { sed -n '2,/^$/p' "$0" >&2; exit 2; }
build=$1
shift
[ "$(id -u)" = 0 ] || { echo "two-roots: needs root: debootstrap makes a system" >&2; exit 3; }
command -v debootstrap >/dev/null || { echo "two-roots: needs debootstrap (apt-get install debootstrap)" >&2; exit 3; }

# What the bytes depend on, and what truewheel itself is linked to.
inputs="python3.11 python3.11-dev libc6-dev gcc-12 g++-12 binutils libffi-dev"
runtime="libzip4 liblzma5 libjansson4 libssl3 libseccomp2 libpython3.11 python3 python3-dev python3-venv gcc g++ ca-certificates"

work=$(mktemp -d /var/tmp/truewheel-roots.XXXXXX)
root=$work/root
chmod 755 "$work"
finish() {
    if [ -n "$keep" ]; then
        echo "two-roots: kept: $work"
    else
        rm -rf --one-file-system "$work"
    fi
}
trap finish EXIT

make_root() {
    mkdir -p "$root"
    if [ -n "$cache" ] && [ -f "$cache" ]; then
        tar -C "$root" -xf "$cache"
        return
    fi
    debootstrap --variant=minbase "--include=${inputs// /,},${runtime// /,}" bookworm "$root" $(mirror) \
        >"$work/debootstrap.log" 2>&1 || { tail -n 20 "$work/debootstrap.log" >&2; exit 1; }
    copy_access
    # Updates that this machine has and the release has not.
    rm -f "$root/etc/apt/sources.list"
    cp -r /etc/apt/sources.list* "$root/etc/apt/"
    inside sh -c "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get upgrade -y" >"$work/upgrade.log" 2>&1
    [ -z "$cache" ] || tar -C "$root" -cf "$cache" .
}

versions() {
    "$@" dpkg-query -W -f '${Package} ${Version}\n' $inputs | sort
}

make_root
copy_access
if [ -n "$with" ]; then
    inside sh -c "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $with" >"$work/with.log" 2>&1 ||
        { tail -n 20 "$work/with.log" >&2; exit 1; }
    inputs="$inputs$with"
fi
versions env >"$work/versions-here"
versions inside >"$work/versions-there"
if ! cmp -s "$work/versions-here" "$work/versions-there"; then
    echo "two-roots: the packages of the two roots are not the same, so their wheels need not be" >&2
    diff "$work/versions-here" "$work/versions-there" >&2 || true
    exit 77
fi

DESTDIR=$root cmake --install "$build" --prefix /usr/local >/dev/null
mkdir -p "$work/here" "$root/there"
common="--from-source --no-deps --python /usr/bin/python3 --quiet"
"$build/truewheel" wheel $common -w "$work/here" "$@"
inside /usr/local/bin/truewheel wheel $common -w /there "$@"

status=0
for wheel in "$work"/here/*.whl; do
    name=$(basename "$wheel")
    if cmp -s "$wheel" "$root/there/$name"; then
        echo "same     $(sha256sum "$wheel" | cut -c1-64) $name"
    else
        echo "DIFFERS  $name"
        status=1
    fi
done
[ -e "$wheel" ] || { echo "two-roots: there is no wheel" >&2; exit 1; }
exit $status
