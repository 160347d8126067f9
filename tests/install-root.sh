#!/bin/bash
# usage: tests/install-root.sh [--deb FILE] [--sdist FILE] [--cache FILE] [--suite NAME] [--keep]
#
# The README's ways to install on machines that have nothing: Debian root file systems made by debootstrap, entered
# with their own mounts and processes. In one the .deb is installed, `truewheel wheel` run as the README does, and the
# package purged; in the other pip installs the sdist in an environment, the same is run, and pip uninstalls it. Nothing
# may be left. Needs root, debootstrap and an index.
#
# Without --deb and --sdist both are made first, from this checkout's HEAD, in a root of that suite. --cache keeps the
# base system in FILE for the next time; --keep leaves the last root where it is.
set -euo pipefail

source=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
. "$source/tests/root-lib.sh"
suite=bookworm cache='' keep='' deb='' sdist=''
while [ $# -gt 0 ]; do
    case $1 in
    --deb) deb=$(realpath "$2"); shift ;;
    --sdist) sdist=$(realpath "$2"); shift ;;
    --keep) keep=1 ;;
    --cache) cache=$2; shift ;;
    --suite) suite=$2; shift ;;
    *) sed -n '2,/^$/p' "$0" >&2; exit 2 ;;
    esac
    shift
done
require_debootstrap install-root

work=$(mktemp -d /var/tmp/truewheel-install.XXXXXX)
root=$work/root
chmod 755 "$work"
finish() {
    if [ -n "$keep" ]; then
        echo "install-root: kept: $work"
    else
        rm -rf --one-file-system "$work"
    fi
}
trap finish EXIT
cache=${cache:-$work/base.tar}

fresh_root() {
    rm -rf --one-file-system "$root"
    mkdir -p "$root"
    if [ ! -f "$cache" ]; then
        debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" $(mirror) >"$work/log" 2>&1 || {
            tail -n 20 "$work/log" >&2
            exit 1
        }
        tar -C "$root" -cf "$cache" .
    else
        tar -C "$root" -xf "$cache"
    fi
    copy_access
    quietly apt-get -qq update
}

quietly() {
    inside env DEBIAN_FRONTEND=noninteractive "$@" >"$work/log" 2>&1 || {
        tail -n 30 "$work/log" >&2
        echo "install-root: failed: $*" >&2
        exit 1
    }
}

# The commands of a block of the README (<!-- run: NAME -->), without what they print.
commands_of() {
    awk -v name="<!-- run: $1 -->" '
        $0 == name {found = 1}
        found && /^```/ {if (inside) exit; inside = 1; console = /console/; next}
        inside && console {if (sub(/^\$ /, "")) print; next}
        inside' "$source/README.md"
}

# listing [FIND-TEST...]: every file but those that packages and runs keep by their nature: caches, logs, lists, and
# what dpkg knows of them.
listing() {
    find "$root" -xdev \( -path "$root/var/cache" -o -path "$root/var/log" -o -path "$root/var/lib/apt" \
        -o -path "$root/var/lib/dpkg" -o -path "$root/tmp" -o -path "$root/root" \) -prune -o "$@" -print |
        sed "s,^$root,," | sort
}

nothing_left() {
    local said=$1
    shift
    listing "$@" >"$work/after"
    diff "$work/before" "$work/after" >"$work/left" || {
        head -n 20 "$work/left" >&2
        echo "install-root: $said left what it had brought (< before, > after)" >&2
        exit 1
    }
}

builds() {
    commands_of wheel >"$root/root/commands"
    quietly sh -ec "cd /root && ${1:-} . ./commands && ls wheels/docopt-*.whl wheels/psutil-*.whl"
    tail -n 2 "$work/log"
    rm -rf "$root/root/wheels"
}

make_packages() {
    fresh_root
    quietly apt-get -y -qq install --no-install-recommends git make python3-venv
    git clone --quiet "$source" "$root/root/truewheel"
    quietly sh -ec 'cd /root/truewheel && make deb && python3 -m venv /v && /v/bin/pip -q install build &&
        /v/bin/python -m build -q --sdist -o /sdist'
    cp "$root"/root/truewheel/build-deb/deb/*.deb "$root"/sdist/*.tar.gz "$work"
    deb=${deb:-$(echo "$work"/*.deb)} sdist=${sdist:-$(echo "$work"/*.tar.gz)}
}

check_deb() {
    fresh_root
    # What it is installed with stays, so that only what is its own is looked at.
    cp "$deb" "$root/root/truewheel.deb"
    quietly apt-get -y -qq install /root/truewheel.deb
    quietly truewheel --version
    builds
    quietly apt-get -y -qq purge truewheel
    listing >"$work/after"
    if grep -q truewheel "$work/after"; then
        grep truewheel "$work/after" >&2
        echo "install-root: the .deb left this" >&2
        exit 1
    fi
    # Once more, with the other packages in place: the same files before and after.
    cp "$work/after" "$work/before"
    quietly apt-get -y -qq install /root/truewheel.deb
    quietly apt-get -y -qq purge truewheel
    nothing_left "the .deb"
    echo "install-root: $suite: $(basename "$deb"): installed, built, purged"
}

check_pip() {
    fresh_root
    # shellcheck disable=SC2046 # a list of names
    quietly apt-get -y -qq install $(commands_of packages | sed -n 's/.*apt-get install//p') g++
    cp "$sdist" "$root/root/"
    quietly sh -ec 'python3 -m venv /opt/env && /opt/env/bin/pip list'
    # Not the directories: pip leaves those that several packages may share.
    listing ! -type d >"$work/before"
    quietly sh -ec '/opt/env/bin/python -B -m pip install -q /root/truewheel-*.tar.gz'
    builds 'PATH=/opt/env/bin:$PATH;'
    quietly /opt/env/bin/python -B -m pip uninstall -q -y truewheel
    nothing_left "pip" ! -type d
    echo "install-root: $suite: $(basename "$sdist"): installed by pip, built, uninstalled"
}

[ -n "$deb" ] && [ -n "$sdist" ] || make_packages
check_deb
check_pip
echo "install-root: ok"
