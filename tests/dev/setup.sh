# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
#
# What a machine needs before Rhea can be built and tried: Debian packages, and Debian's kernel
#
# Sourced by ./dev and .ci/run.  Nothing is asked of the network when nothing is missing, and nothing
# is installed except by root.  The kernel is unpacked into a cache and never installed.

build_packages="gcc libc6-dev meson ninja-build pkg-config python3 libglib2.0-dev libpixman-1-dev libpng-dev libaio-dev
    liburing-dev zlib1g-dev libseccomp-dev libgnutls28-dev liburcu-dev"
guest_packages="seabios busybox-static cpio"
full_check_packages="clang ovmf gdb libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients openssl"
# Unpacked into the cache for ./dev check --full: package and architecture.
full_check_unpacked="linux-image-amd64/amd64 linux-image-686-pae/i386 busybox-static/i386"
reference_packages="qemu-system-x86 qemu-utils acpica-tools"

kernel_package=linux-image-cloud-amd64
rhea_cache=${RHEA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rhea}

die() {
    printf '%s\n' "dev: $*" >&2
    exit 1
}

say() {
    printf '\033[1m== %s\033[0m\n' "$*" >&2
}

packages_missing() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
    done
}

# The package lists are fetched once when they are not there, and again when the installation fails
# with what they say: mirrors drop old versions.
packages_install() {
    local missing
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || die "these Debian packages are missing; as root: apt-get install $missing"
    say "installing $missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # a list of words
    apt-get install -y --no-install-recommends $missing >&2 ||
        { apt-get update >&2 && apt-get install -y --no-install-recommends $missing >&2; } ||
        die "apt-get could not install: $missing"
}

kernel_newest() {
    # shellcheck disable=SC2012 # names of ours, sorted by version
    ls -d "$rhea_cache"/linux-image-*/ready 2>/dev/null | sort -V | tail -n 1 | xargs -r dirname
}

# linux-image-cloud-amd64 is an empty package; what it depends on is the kernel.
kernel_real_package() {
    apt-cache depends --important "$kernel_package" 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1
}

# Sets kernel_dir to a folder that holds the unpacked package.  One that is there already is used as it is.
kernel_fetch() {
    local package work
    kernel_dir=$(kernel_newest)
    [ -z "$kernel_dir" ] || return 0
    package=$(kernel_real_package)
    if [ -z "$package" ]; then
        [ "$(id -u)" = 0 ] || die "no package lists here, and no kernel in $rhea_cache; as root: apt-get update"
        apt-get update >&2 || die "apt-get update failed, and there is no kernel in $rhea_cache"
        package=$(kernel_real_package)
    fi
    [ -n "$package" ] || die "apt knows no $kernel_package"
    mkdir -p "$rhea_cache" || die "$rhea_cache cannot be made"
    work=$(mktemp -d "$rhea_cache/fetch.XXXXXX")
    chmod 755 "$work"
    say "downloading $package into $rhea_cache"
    (cd "$work" && apt-get download -q "$package" >&2) ||
        { [ "$(id -u)" = 0 ] && apt-get update >&2 && (cd "$work" && apt-get download -q "$package" >&2); } ||
        { rm -rf "$work"; die "apt-get could not download $package"; }
    dpkg-deb -x "$work"/linux-image-*.deb "$work/tree" || { rm -rf "$work"; die "$package does not unpack"; }
    rm -f "$work"/*.deb
    mv "$work"/tree/boot/vmlinuz-* "$work/vmlinuz"
    touch "$work/ready"
    kernel_dir=$rhea_cache/$package
    rm -rf "$kernel_dir"
    mv "$work" "$kernel_dir"
}

# A package of another kind, unpacked into the cache once, by apt's own lists of that architecture: nothing of the
# system's changes.  Prints the folder; nothing if it cannot be had.
package_unpacked() {
    local package=$1 architecture=$2 options real work
    local folder=$rhea_cache/other/$package-$architecture lists=$rhea_cache/apt-$architecture
    [ -f "$folder/ready" ] && { printf '%s' "$folder"; return 0; }
    mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial" && touch "$lists/status" || return 1
    options="-o APT::Architecture=$architecture -o APT::Architectures=$architecture -o Dir::State=$lists
        -o Dir::State::status=$lists/status -o Dir::Cache=$lists/cache"
    # shellcheck disable=SC2086 # a list of words
    {
        # A mirror that is half way through its own update fails here, and may have the package all the same.
        apt-get $options -qq update >/dev/null 2>&1 || true
        real=$(apt-cache $options depends --important "$package" 2>/dev/null |
            sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
        work=$(mktemp -d "$rhea_cache/fetch.XXXXXX") && chmod 755 "$work" || return 1
        (cd "$work" && apt-get $options download -q "${real:-$package}" >&2) && dpkg-deb -x "$work"/*.deb "$work/tree"
    } || { rm -rf "$work"; return 1; }
    rm -f "$work"/*.deb
    [ -d "$work/tree/boot" ] && mv "$work"/tree/boot/vmlinuz-* "$work/vmlinuz"
    touch "$work/ready"
    rm -rf "$folder"
    mkdir -p "${folder%/*}" && mv "$work" "$folder" || return 1
    printf '%s' "$folder"
}

# Where /usr/bin has the tool, that one: a PATH with another Python in front breaks meson.
tool() {
    [ -x "/usr/bin/$1" ] && printf '/usr/bin/%s' "$1" || printf '%s' "$1"
}
