#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Do the two commands of the README work on a fresh Debian 12?
#
#     tests/dev/fresh.sh FOLDER        as root; FOLDER gets a debootstrap'd Debian, and is kept
#
# The checkout is copied in, without what git ignores; nothing else of this host is seen there but the network.  First
# both commands as root, who installs what is missing; then again without network, as an ordinary user.
# The guest that ./dev run boots is told to power off by its own shell.

set -eu
cd "$(dirname "$(readlink -f "$0")")/../.."
root=${1:?which folder?}
[ "$(id -u)" = 0 ] || { echo "fresh.sh: only root can do this" >&2; exit 1; }

if [ ! -e "$root/etc/debian_version" ]; then
    debootstrap --variant=minbase bookworm "$root" http://deb.debian.org/debian
    printf '%s\n' 'deb http://deb.debian.org/debian bookworm main' \
        'deb http://deb.debian.org/debian-security bookworm-security main' >"$root/etc/apt/sources.list"
    cp /etc/resolv.conf "$root/etc/"
fi
for proxy in /etc/apt/apt.conf.d/*proxy*; do
    [ ! -e "$proxy" ] || cp "$proxy" "$root/etc/apt/apt.conf.d/"
done

rm -rf "$root/srv/rhea"
mkdir -p "$root/srv/rhea"
git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$root/srv/rhea"

# A mount namespace of its own: /proc and /dev go away with it.
inside() {
    unshare --mount --pid --fork "$@"
}

# Waits for the prompt, then asks for the end; the status is that of ./dev run.
cat >"$root/srv/run-and-off" <<'TXT'
#!/bin/bash
set -o pipefail
log=$(mktemp)
wait_and_ask() {
    for _ in $(seq 600); do
        ! grep -q 'guest# ' "$log" || { echo poweroff; return; }
        sleep 1
    done
}
wait_and_ask | ./dev run | tee "$log"
TXT
chmod +x "$root/srv/run-and-off"
enter="mount -t proc proc '$root/proc' && mount --rbind /dev '$root/dev' && exec chroot '$root'"

echo "== as root, with network"
inside sh -c "$enter sh -c 'cd /srv/rhea && ./dev build && ../run-and-off && ./dev check'"
echo "== as an ordinary user, without network"
inside --net sh -c "$enter sh -c 'useradd -m rhea 2>/dev/null; chown -R rhea: /srv/rhea; mkdir -p /home/rhea/.cache &&
    cp -r /root/.cache/rhea /home/rhea/.cache/ && chown -R rhea: /home/rhea/.cache &&
    su rhea -c \"cd /srv/rhea && rm -rf build && ./dev build && ../run-and-off\"'"
echo "== both commands work on a fresh Debian"
