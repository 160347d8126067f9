# Sourced by the scripts that make a Debian root file system: $root is its directory.
# How the machine reaches its package servers is taken from this one.

# require_debootstrap SCRIPT: ends with 3 where no system can be made.
require_debootstrap() {
    [ "$(id -u)" = 0 ] || { echo "$1: needs root: debootstrap makes a system" >&2; exit 3; }
    command -v debootstrap >/dev/null || { echo "$1: needs debootstrap (apt-get install debootstrap)" >&2; exit 3; }
}

# The archive that this machine installs Debian from; the default of debootstrap when it is none.
mirror() {
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 2>/dev/null |
        awk '$3 == "Debian" && $2 !~ /security|updates/ {print $1; exit}'
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

# in_root SCRIPT COMMAND...: runs a command in $root, with its own mounts and processes and what is needed to reach the
# servers. SCRIPT, for sh, enters the root ($1) and starts the rest of its arguments.
in_root() {
    local script=$1 environment
    shift
    mapfile -t environment < <(access_environment)
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM="${TERM:-dumb}" \
        ${CI:+CI="$CI"} "${environment[@]}" unshare --mount --pid --fork --propagation private sh -ec "
            root=\$1
            shift
            mount --bind \"\$root\" \"\$root\"
            mount --rbind /dev \"\$root/dev\"
            mount -t proc proc \"\$root/proc\"
            mount -t sysfs sysfs \"\$root/sys\" 2>/dev/null || true
            cd \"\$root\"
            $script
        " inside "$root" "$@"
}

# A root of its own (not a chroot, in which user namespaces are refused).
inside() {
    in_root '
        mkdir -p .old
        pivot_root . .old
        umount -l /.old
        rmdir /.old
        exec "$@"
    ' "$@"
}

# A chroot, with the capabilities that container runtimes leave to root: no namespace can be made there.
inside_chroot() {
    in_root '
        exec setpriv --inh-caps=-all --bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap \
            chroot . "$@"
    ' "$@"
}
