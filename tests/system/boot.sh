#!/bin/sh
# How long the image takes from the kernel's start to its panel, beside a bare Debian's way to multi-user.target: in the same virtual
# machine, in turn, each from a disk that has been started once before. As root; the bare Debian is made once (some minutes).
#
#   tests/system/boot.sh IMAGE.raw [ROUNDS]
set -eu
image=$(readlink -f "$1")
rounds=${2:-3}
cd "$(dirname "$0")/../.."
project=$PWD
work=$project/.huisclos/bare

if [ ! -e "$work/output/bare.raw" ]; then
    echo "making a bare Debian" >&2
    mkdir -p "$work/workspace" "$work/output" "$work/packages"
    rm -rf --one-file-system "$work/tree"
    cp -r tests/system/bare "$work/tree"
    mirror=${HUISCLOS_MIRROR:-http://deb.debian.org}
    mkdir -p "$work/tree/mkosi.sandbox/etc/apt/sources.list.d"
    printf 'Types: deb\nURIs: %s/debian\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
        "$mirror" >"$work/tree/mkosi.sandbox/etc/apt/sources.list.d/mkosi.sources"
    HUISCLOS_SHARE=$work os-image/enter mkosi --directory="$work/tree" --force --output-directory="$work/output" \
        --workspace-directory="$work/workspace" --package-cache-dir="$work/packages" build >"$work/log" 2>&1 ||
        { tail -n 30 "$work/log" >&2; exit 1; }
fi

# Starts a machine in the folder $1 with the disk of $2, and says when $3 has said something, then switches it off.
measure() {
    os-image/run "$2" "$1" --shell ${4:-} >/dev/null 2>&1 &
    machine=$!
    said=
    tries=0
    while [ -z "$said" ]; do
        tries=$((tries + 1))
        [ $tries -lt 150 ] || { echo "it does not come up" >&2; kill $machine; exit 1; }
        sleep 2
        said=$(TIMEOUT=5 os-image/guest "$1" sh "$3" 2>/dev/null | tr -d '\r' | tail -n 1) || said=
    done
    kill $machine 2>/dev/null || true
    wait $machine 2>/dev/null || true
    echo "$said"
}

# Seconds since the kernel's start.
bare="systemctl show --property=ActiveEnterTimestampMonotonic --value multi-user.target | while read -r us; do [ \"\$us\" -gt 0 ] && echo \$((us / 10000)); done"
ours="journalctl -b -o short-monotonic --no-pager -u huisclosd | while read -r line; do case \$line in *'a screen is lit'*) line=\${line#*[}; line=\${line%%]*}; line=\${line# }; line=\${line# }; line=\${line# }; whole=\${line%.*}; part=\${line#*.}; echo \"\$((whole * 100 + 1\${part%????} - 100))\"; break ;; esac; done"

machines=$(mktemp -d)
trap 'rm -rf "$machines"' EXIT
measure "$machines/bare" "$work/output/bare.raw" "$bare" --fresh >/dev/null
measure "$machines/ours" "$image" "$ours" --fresh >/dev/null
for round in $(seq "$rounds"); do
    of_bare=$(measure "$machines/bare" "$work/output/bare.raw" "$bare")
    of_ours=$(measure "$machines/ours" "$image" "$ours")
    echo "$round: bare Debian $((of_bare / 100)).$((of_bare % 100 / 10)) s, the panel $((of_ours / 100)).$((of_ours % 100 / 10)) s, $((of_ours * 100 / of_bare)) %"
done
