#!/usr/bin/env bash
# Runs the Go program of interop/go: `go.sh SERVERS REGISTRY`. On the first call it builds the program, under
# target/services, once for each content of that folder.
# Needed: bash, Go as new as go.mod says, or 1.21 and newer with the network, for it then fetches the Go of go.mod as a
# module; and flock (util-linux).

set -euo pipefail

fail() {
  printf 'go.sh: %s\n' "$*" >&2
  exit 1
}

script=$(readlink -f -- "${BASH_SOURCE[0]}")
here=${script%/*}
sources=${here%/*}/interop/go
target=${CARGO_TARGET_DIR:-${here%/*/*}/target}
[[ $target == /* ]] || target=$PWD/$target # as cargo understands it
services=$target/services
hash=$(cat "$sources"/* | sha256sum)
program=$services/go-${hash:0:12}

# The program is complete as soon as it exists, for it comes by a rename.
make() (
  command -v go >/dev/null || fail "no go found: install Go $(sed -n 's/^go //p' "$sources/go.mod") or newer (Debian: apt-get install golang-go)"
  command -v flock >/dev/null || fail "no flock found: install util-linux"
  mkdir -p "$services"
  exec {lock}>"$services/go.lock"
  flock "$lock"
  if [[ -x $program ]]; then exit; fi
  printf 'go.sh: making %s\n' "$program" >&2
  cd "$sources"
  GOTOOLCHAIN=auto GOFLAGS=-mod=readonly CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$program.tmp" . >&2 ||
    fail "go could not build $sources (its words are above): the first call needs the network, or a filled module cache"
  mv -T "$program.tmp" "$program"
)

[[ -x $program ]] || make
exec "$program" "$@"
