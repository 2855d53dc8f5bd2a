#!/bin/sh
# Installs the official clients that sit in the meeting with the room, once per lock file.
# Called from the repository root: sh tests/interop/setup.sh javascript|all
set -eu

interop=tests/interop
python=.huisclos/python

say() { printf 'huisclos: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

checksum() { cksum <"$1"; }
fresh() { [ "$(cat "$2" 2>/dev/null)" = "$(checksum "$1")" ]; }

javascript() {
    lock=$interop/package-lock.json
    stamp=$interop/node_modules/.huisclos-stamp
    ! fresh "$lock" "$stamp" || return 0
    command -v npm >/dev/null 2>&1 || die "npm is not here; on Debian: apt-get install nodejs npm"
    say "installing the official JavaScript client"
    # No scripts of packages run, nothing is sent home.
    (cd $interop && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >.huisclos/npm.log 2>&1 ||
        { tail -n 20 .huisclos/npm.log >&2; die "npm ci failed; the whole output is in .huisclos/npm.log"; }
    checksum "$lock" >"$stamp"
}

python() {
    lock=$interop/requirements.txt
    stamp=$python/.huisclos-stamp
    ! fresh "$lock" "$stamp" || return 0
    command -v python3 >/dev/null 2>&1 || die "python3 is not here; on Debian: apt-get install python3 python3-venv"
    say "installing the official Python client, a CalDAV server and schemathesis"
    rm -rf $python
    {
        python3 -m venv $python &&
            $python/bin/python -m pip install --quiet --disable-pip-version-check \
                --only-binary :all: --require-hashes -r "$lock"
    } >.huisclos/pip.log 2>&1 ||
        { tail -n 20 .huisclos/pip.log >&2; die "pip install failed; the whole output is in .huisclos/pip.log"; }
    checksum "$lock" >"$stamp"
}

[ -f "$interop/setup.sh" ] || die "run this from the repository root"
mkdir -p .huisclos
case ${1:-} in
javascript) javascript ;;
all)
    javascript
    python
    ;;
*) die "usage: sh $interop/setup.sh javascript|all" ;;
esac
