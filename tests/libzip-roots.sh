#!/bin/bash
# usage: tests/libzip-roots.sh [--cache FILE] [--keep] [--suite NAME] BUILD-DIRECTORY [WHEEL]...
#
# The normal form with another libzip: a root file system of a newer Debian (forky, libzip 1.12) made by debootstrap, in
# which this checkout's HEAD is built. There the unit tests of archives and wheels, the fuzzers' seeds and the end-to-end
# tests of the normal form and of zip readers (TRUEWHEEL_ROUNDS odd archives) are run. `truewheel normalize` is run here
# (BUILD-DIRECTORY, Debian 12's libzip 1.7) and there on the same files: the known wheel, the fuzzers' seeds and every
# WHEEL that is named. What it prints of each must be the same: SHA-256, or the reason why it is refused.
# Needs root and debootstrap. --cache keeps the made system in FILE for the next time; --keep leaves the tree.
set -euo pipefail

source=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
. "$source/tests/root-lib.sh"
cache='' keep='' suite=forky
while [ $# -gt 0 ]; do
    case $1 in
    --keep) keep=1 ;;
    --cache) cache=$2; shift ;;
    --suite) suite=$2; shift ;;
    -*) sed -n '2,/^$/p' "$0" >&2; exit 2 ;;
    *) break ;;
    esac
    shift
done
[ $# -ge 1 ] || { sed -n '2,/^$/p' "$0" >&2; exit 2; }
build=$(realpath "$1")
shift
[ "$(id -u)" = 0 ] || { echo "libzip-roots: needs root: debootstrap makes a system" >&2; exit 3; }
command -v debootstrap >/dev/null || { echo "libzip-roots: needs debootstrap (apt-get install debootstrap)" >&2; exit 3; }

packages="ca-certificates gcc libc6-dev cmake ninja-build pkgconf libzip-dev liblzma-dev zlib1g-dev libssl-dev libjansson-dev
    libcmocka-dev python3-dev python3-pytest python3-pytest-timeout python3-packaging"
modules="deflate meta normal normal_known record unpack wheel wheel_name wheel_zip"
work=$(mktemp -d /var/tmp/truewheel-libzip.XXXXXX)
root=$work/root
chmod 755 "$work"
finish() {
    if [ -n "$keep" ]; then
        echo "libzip-roots: kept: $work"
    else
        rm -rf --one-file-system "$work"
    fi
}
trap finish EXIT

# The last argument names debootstrap's script: an older debootstrap has none for a newer suite.
make_root() {
    mkdir -p "$root"
    if [ -n "$cache" ] && [ -f "$cache" ]; then
        tar -C "$root" -xf "$cache"
        return
    fi
    debootstrap --variant=minbase "--include=$(echo $packages | tr ' ' ,)" "$suite" "$root" $(mirror) sid \
        >"$work/debootstrap.log" 2>&1 || { tail -n 20 "$work/debootstrap.log" >&2; exit 1; }
    [ -z "$cache" ] || tar -C "$root" -cf "$cache" .
}

# Without the network: what is tested here needs neither pip nor an engine.
build_there() {
    mkdir -p "$root/src" "$root/build"
    git -C "$source" archive HEAD | tar -C "$root/src" -x
    inside sh -c "cmake -S /src -B /build -G Ninja -DTRUEWHEEL_PYTHONS=/usr/bin/python3 -DTRUEWHEEL_TESTS=ON &&
        ninja -C /build truewheel truewheel-test-tool test-other_libzip test-perturb_zlib test-no_dir_sync \
            $(printf 'test_%s ' $modules) \$(ninja -C /build -t targets all | sed -n 's/^\(seeds_[a-z0-9_]*\): phony\$/\1/p')" \
        >"$work/build.log" 2>&1 ||
        { tail -n 20 "$work/build.log" >&2; exit 1; }
}

test_there() {
    inside ctest --test-dir /build --output-on-failure --no-tests=error \
        -R "^(unit\.($(echo $modules | tr ' ' '|'))|seeds.*)\$"
    inside env TRUEWHEEL_BUILD_DIR=/build TRUEWHEEL_NETWORK=no TRUEWHEEL_ROUNDS="${TRUEWHEEL_ROUNDS:-6000}" python3 -m pytest -q -p no:cacheprovider \
        $(cd "$root" && ls src/tests/e2e/test_normal_form.py src/tests/e2e/test_zip_readers.py 2>/dev/null | sed 's|^|/|')
}

# Wheels are given by names without directories, so that messages are the same on both sides.
collect() {
    mkdir -p "$root/wheels"
    python3 -I "$source/tests/fuzz/make_seeds.py" "$work/seeds"
    for seed in "$work"/seeds/fuzz_wheel_zip/*; do
        mkdir "$root/wheels/seed-$(basename "$seed")"
        cp "$seed" "$root/wheels/seed-$(basename "$seed")/a-1-py3-none-any.whl"
    done
    mkdir "$root/wheels/known"
    "$build/truewheel-test-tool" known-wheel "$root/wheels/known/known_wheel-1.0-py3-none-any.whl" >/dev/null
    local number=0
    for wheel in "$@"; do
        number=$((number + 1))
        mkdir "$root/wheels/named-$number"
        cp "$wheel" "$root/wheels/named-$number/"
    done
}

normalize='cd /wheels && for wheel in */*.whl; do
    echo "$wheel: $(truewheel normalize -o "$1/${wheel%/*}" "$wheel" 2>&1 | sed "s|$1||")"
done'

make_root
copy_access
build_there
test_there
collect "$@"
inside sh -c "PATH=/build:\$PATH; $normalize" sh /there >"$work/there"
(cd "$root" && PATH=$build:$PATH && sh -c "${normalize/\/wheels/wheels}" sh "$work/here") >"$work/here.txt"
echo "libzip-roots: libzip here: $(pkg-config --modversion libzip); there: $(inside pkg-config --modversion libzip)"
if ! cmp -s "$work/here.txt" "$work/there"; then
    diff "$work/here.txt" "$work/there" >&2 || true
    echo "libzip-roots: they differ" >&2
    exit 1
fi
cat "$work/there"
echo "libzip-roots: $(cd "$root/wheels" && ls -d */*.whl | wc -l) wheels, the same on both sides"
