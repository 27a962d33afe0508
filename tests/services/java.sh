#!/usr/bin/env bash
# Runs the Java program of interop/java: `java.sh SERVERS REGISTRY avro|apicurio|apicurio-inlined`. On the first call it fetches what the
# pom names and compiles the program, under target/services, once for each content of that folder.
# Needed: bash, a JDK 17 or newer (JAVA_HOME is respected), flock (util-linux), and mvn for the first call.

set -euo pipefail

fail() {
  printf 'java.sh: %s\n' "$*" >&2
  exit 1
}

script=$(readlink -f -- "${BASH_SOURCE[0]}")
here=${script%/*}
# shellcheck source=again.sh
source "$here/again.sh"
sources=${here%/*}/interop/java
target=${CARGO_TARGET_DIR:-${here%/*/*}/target}
[[ $target == /* ]] || target=$PWD/$target # as cargo understands it
services=$target/services
hash=$(cat "$sources"/* | sha256sum)
home=$services/java-${hash:0:12}

# A program of the JDK, or how to get it.
jdk() { # NAME
  local found
  if [[ -n ${JAVA_HOME:-} ]]; then found=$JAVA_HOME/bin/$1; else found=$(command -v "$1" || true); fi
  [[ -x $found ]] || fail "no $1 found: install a JDK 17 or newer (Debian: apt-get install openjdk-17-jdk-headless) or set JAVA_HOME"
  printf '%s\n' "$found"
}

# The folder is complete as soon as it exists, for it comes by a rename.
make() (
  javac=$(jdk javac)
  command -v mvn >/dev/null || fail "no mvn found: install Maven 3.6.3 or newer (Debian: apt-get install maven)"
  command -v flock >/dev/null || fail "no flock found: install util-linux"
  mkdir -p "$services"
  exec {lock}>"$services/java.lock"
  flock "$lock"
  if [[ -d $home ]]; then exit; fi
  printf 'java.sh: making %s\n' "$home" >&2
  # Holding the lock, whatever an earlier call left behind is garbage.
  new=$services/java.tmp
  rm -rf "$new"
  mkdir "$new"
  trap 'rm -rf "$new"' EXIT
  # -C: a jar whose checksum is wrong is an error, not a warning.
  again mvn -B -q -C -Dstyle.color=never -f "$sources/pom.xml" dependency:copy-dependencies \
    -DoutputDirectory="$new/libs" -DincludeScope=runtime </dev/null >"$new/log" 2>&1 || {
    tail -n 30 "$new/log" >&2
    fail "Maven could not fetch what $sources/pom.xml names (its words are above): the first call needs the network, or a mirror in Maven's settings"
  }
  "$javac" --release 17 -encoding UTF-8 -d "$new/classes" -cp "$new/libs/*" "$sources"/*.java >"$new/log" 2>&1 || {
    head -n 30 "$new/log" >&2
    fail "$sources does not compile (the compiler's words are above)"
  }
  mv -T "$new" "$home"
)

java=$(jdk java)
[[ -d $home ]] || make
# So that a caller can tell what the making takes from what the program takes.
[[ -z ${CQ_MAKE_ONLY:-} ]] || exit 0
exec "$java" -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$home/classes:$home/libs/*" Interop "$@"
