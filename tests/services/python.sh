#!/usr/bin/env bash
# Runs python with the packages of requirements.txt: `python.sh read_topic.py --help`. The virtual
# environment is made on the first call, under target/services, one for each content of requirements.txt.
# A script that is not found from the current folder is looked for beside this one; one that has a
# requirements.txt of its own beside it gets that.

set -euo pipefail

fail() {
  printf 'python.sh: %s\n' "$*" >&2
  exit 1
}

script=$(readlink -f -- "${BASH_SOURCE[0]}")
here=${script%/*}
# shellcheck source=again.sh
source "$here/again.sh"
target=${CARGO_TARGET_DIR:-${here%/*/*}/target}
[[ $target == /* ]] || target=$PWD/$target # as cargo understands it
services=$target/services
if (($#)) && [[ $1 != -* && ! -e $1 && -e $here/$1 ]]; then
  found=$here/$1
  shift
  set -- "$found" "$@"
fi
requirements=$here/requirements.txt
if (($#)) && [[ $1 != -* && -f $(dirname -- "$1")/requirements.txt ]]; then
  requirements=$(dirname -- "$1")/requirements.txt
fi
hash=$(sha256sum <"$requirements")
venv=$services/python-${hash:0:12}

# A virtual environment holds its own path, so it cannot be made elsewhere and renamed into place. Instead
# its last file marks it as complete. (Its python is a link to the system's, which may have been removed.)
complete() { [[ -f $venv/complete && -x $venv/bin/python ]]; }

make() (
  python=$(command -v python3) || fail "no python3 found: install Python 3.11 or newer (Debian: apt-get install python3-venv)"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) ($python) is too old: install Python 3.11 or newer"
  command -v flock >/dev/null || fail "no flock found: install util-linux"
  mkdir -p "$services"
  exec {lock}>"$services/python.lock"
  flock "$lock"
  if complete; then exit; fi
  printf 'python.sh: making %s\n' "$venv" >&2
  rm -rf "$venv"
  "$python" -m venv "$venv" >&2 ||
    fail "python3 cannot make a virtual environment (Debian: apt-get install python3-venv)"
  again "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2 ||
    fail "pip could not install $requirements (its words are above): the first call needs the network, or a mirror in pip's settings"
  : >"$venv/complete"
)

complete || make
# So that a caller can tell what the making takes from what the program takes.
[[ -z ${CQ_MAKE_ONLY:-} ]] || exit 0
exec "$venv/bin/python" "$@"
