# What the scripts that start servers share: fetching with Maven, processes, ports, and the folder of a run.
# Sourced, never run. The sourcing script sets
#   script, here   its own path, and the folder that it lies in
#   runs           where the folders of its runs are
#   marker         the file whose presence marks a folder as a run of its own; it holds the run's id
#   noun, variable what a run is called, and the variable that `start` prints its folder as
# and has the functions
#   remove         DIR SECONDS: ends the processes of a run and removes its files, and only those

# shellcheck source=again.sh
source "$here/again.sh"

# How long `start` and `restart` wait for a server to be ready, in seconds.
ready_within=180

say() { printf '%s: %s\n' "${script##*/}" "$*" >&2; }
fail() {
  say "$@"
  exit 1
}

target=${CARGO_TARGET_DIR:-${here%/*/*}/target}
[[ $target == /* ]] || target=$PWD/$target # as cargo understands it
services=$target/services

# A run folder holds, beside what is the server's own:
#   $marker   see above
#   owner     the process of --die-with, if any
#   watcher   the process that watches the owner
#   lock      held by a command that changes the run as a whole

# --- what has to be installed ---------------------------------------------------------------------

need_tools() {
  [[ -r /proc/self/stat ]] || fail "this needs Linux's /proc; elsewhere use compose.yaml"
  local tool
  for tool in flock setsid; do
    command -v "$tool" >/dev/null || fail "no $tool found: install util-linux"
  done
}

# Prints the version of a java, 17 for example, or java's words where it has none.
java_version() { # JAVA
  # One line among others, such as that of JAVA_TOOL_OPTIONS: `openjdk version "17.0.15" 2025-04-15`,
  # and `java version "1.8.0_402"` up to Java 8.
  local words
  words=$("$1" -version 2>&1) && [[ $words =~ version\ \"(1\.)?([0-9]+) ]] || {
    printf '%s\n' "$words"
    return 1
  }
  printf '%s\n' "${BASH_REMATCH[2]}"
}

# --- fetching -------------------------------------------------------------------------------------

# A folder is complete as soon as it exists, for it comes by a rename. It holds a copy of the pom it was
# made from: a changed pom makes a new one.
fetched() { cmp -s "$here/pom.xml" "$1/pom.xml"; } # FOLDER

# Lets a goal of Maven's dependency plugin fill a folder, unless it is there already. `java` is set.
fetch_with_maven() { # WHAT FOLDER FILE_IN_IT GOAL ARGUMENT...
  local what=$1 folder=$2 file=$3 goal=$4
  shift 4
  if fetched "$folder"; then return; fi
  command -v mvn >/dev/null ||
    fail "no mvn found: $what is fetched with Maven 3.6.3 or newer; install it (Debian: apt-get install maven)"
  mkdir -p "$services"
  # In a subshell, which ends the lock and runs the clean-up on every way out.
  (
    exec {lock}>"$services/fetch.lock"
    flock -n "$lock" || { say "waiting for another fetch to end" && flock "$lock"; }
    if fetched "$folder"; then exit; fi
    say "fetching $what with Maven"
    # Holding the lock, whatever an earlier fetch left behind is garbage.
    rm -rf "$services"/fetch.tmp
    mkdir "$services/fetch.tmp"
    trap 'rm -rf "$services/fetch.tmp"' EXIT
    local new=$services/fetch.tmp/new
    # -C: a file whose checksum is wrong is an error, not a warning. What was unpacked before is marked, and would
    # not be unpacked again: the marks are thrown away.
    again mvn -B -q -C -Dstyle.color=never -f "$here/pom.xml" "dependency:$goal" "$@" \
      -DoutputDirectory="$new" -DmarkersDirectory="$services/fetch.tmp/marks" </dev/null >"$services/fetch.tmp/log" 2>&1 || {
      tail -n 30 "$services/fetch.tmp/log" >&2
      fail "Maven could not fetch $what (its words are above): the first fetch needs the network, or a mirror in Maven's settings"
    }
    [[ -f $new/$file ]] || fail "Maven fetched no $what; what it did fetch: $(ls "$new")"
    cp "$here/pom.xml" "$new/pom.xml"
    rm -rf "$folder"
    mv -T "$new" "$folder"
  )
}

# --- processes ------------------------------------------------------------------------------------

# Prints when process $1 started (in ticks since boot); fails if there is none. A zombie counts as gone:
# a test killed by kill -9 stays one until its parent looks, which may be much later.
started_at() {
  local stat
  IFS= read -r -d '' stat 2>/dev/null <"/proc/$1/stat" || [[ -n ${stat:-} ]] || return 1
  local fields
  read -ra fields <<<"${stat##*) }" # what precedes is the pid and a name that may hold anything
  [[ ${fields[0]} != [ZX] ]] && printf '%s\n' "${fields[19]}"
}

# A process is kept in a file as "PID START": a number alone may have been given to another process since.
remember() { # PID FILE
  printf '%s %s\n' "$1" "$(started_at "$1" || echo gone)" >"$2"
}

alive() { # FILE
  local pid start now
  [[ -f $1 ]] && read -r pid start <"$1" || return 1
  now=$(started_at "$pid") && [[ $now == "$start" ]]
}

signal() { # SIGNAL FILE
  local pid
  alive "$2" && read -r pid _ <"$2" && kill "-$1" "$pid" 2>/dev/null || true
}

# Waits up to $1 seconds until none of the given processes is alive.
await_end() { # SECONDS FILE...
  local until=$((SECONDS + $1)) file
  shift
  for file in "$@"; do
    while alive "$file"; do
      ((SECONDS < until)) || return 1
      sleep 0.1
    done
  done
}

# Starts a command in the background that nothing ties to us: a session of its own, so that neither a
# terminal nor the signal to our process group ends it; and none of our open files, for a caller that
# reads our stdout to its end would otherwise wait for the broker's end, and our locks would stay held.
# The command keeps the process id, which is left in $!.
detach() { # FOLDER LOG COMMAND...
  (
    cd "$1"
    exec </dev/null >>"$2" 2>&1
    shift 2
    for fd in "/proc/$BASHPID/fd"/*; do
      fd=${fd##*/}
      # 255 is bash's own, and closes itself.
      if ((fd > 2 && fd != 255)); then exec {fd}>&-; fi
    done
    exec setsid "$@"
  ) &
  disown
}

# Prints $1 free ports. They lie below Linux's range for outgoing connections (32768 and up), so nothing
# is likely to take the port of a server that a test has killed and will start again.
free_ports() {
  local port found=0
  while read -r port; do
    if ! (exec {fd}<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%s\n' "$port"
      if ((++found == $1)); then return; fi
    fi
  done < <(shuf -i 20000-31999 -n 200)
  return 1
}

# --- the folder of a run --------------------------------------------------------------------------

# Sets `dir` to the folder of a new run, locked, and watched where it has an owner. Every way out takes it along, until
# `finished` is called.
new_run() { # NAME ID DIR|'' PID|''
  dir=$3
  mkdir -p "$runs"
  if [[ -n $dir ]]; then
    mkdir -p "$dir"
    dir=$(cd -- "$dir" && pwd -P)
    [[ -z $(ls -A "$dir") ]] || fail "$dir is not empty"
    # So that `stop --all` finds it.
    ln -s "$dir" "$runs/$2"
  else
    dir=$(cd -- "$(mktemp -d "$runs/$1-XXXXXX")" && pwd -P)
  fi
  printf '%s\n' "$2" >"$dir/$marker"
  unfinished=$dir
  trap 'if [[ -n $unfinished ]]; then end_run "$unfinished" 0; fi' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  lock_run "$dir"
  if [[ -n $4 ]]; then
    remember "$4" "$dir/owner"
    owned "$dir" || fail "--die-with: there is no process $4"
    # Before any server: should we be killed halfway together with the owner, nothing stays.
    detach / /dev/null "$BASH" "$script" watch "$dir"
    remember $! "$dir/watcher"
  fi
}

finished() { unfinished=; }

# Whether the process given as --die-with still lives; true without one.
owned() { [[ ! -f $1/owner ]] || alive "$1/owner"; }

# Takes the lock of a run until this process (or subshell) ends. A command that holds it is done within its deadline; if
# not, an end must come nevertheless.
lock_run() { # DIR
  exec {run_lock}>"$1/lock"
  flock -w $((ready_within + 30)) "$run_lock" || say "somebody holds $1/lock; going on without it"
}

# Sets `dir` to the folder of a run, as the user gave it.
run_of() { # DIR
  [[ -n ${1:-} ]] || fail "which $noun? Give the folder that start printed as $variable"
  [[ -f $1/$marker ]] || fail "there is no $noun in $1"
  dir=$(cd -- "$1" && pwd -P)
}

# Ends a run and removes its files, and only those: --dir may have named a folder with a life of its own.
end_run() { # DIR SECONDS
  local dir=$1
  # The watcher ends a run by this very function.
  if [[ $(cat "$dir/watcher" 2>/dev/null) != "$$ "* ]]; then signal KILL "$dir/watcher"; fi
  remove "$dir" "$2"
  if [[ -f $dir/$marker ]]; then
    local link
    link=$runs/$(<"$dir/$marker")
    if [[ -L $link ]]; then rm -f "$link"; fi
  fi
  rm -rf "$dir"/{"$marker",owner,watcher,lock}
  rmdir "$dir" 2>/dev/null || true
}

# Not a user's command: ends the run in DIR as soon as its owner is gone. Nobody waits for an orderly end and the data is
# thrown away, so it is kill -9.
watch() {
  local dir=$1
  while [[ -f $dir/$marker ]] && owned "$dir"; do sleep 0.5; done
  [[ -f $dir/$marker ]] || exit 0
  lock_run "$dir" # a `start` or `restart` under way notices the owner's end, too, and lets go
  if [[ -f $dir/$marker ]]; then end_run "$dir" 0; fi
}

stop() {
  local grace=10
  if [[ ${1:-} == --now ]]; then
    grace=0
    shift
  fi
  (($# == 1)) || fail "stop: give the $noun's folder, or --all"
  local dir stops=()
  if [[ $1 != --all ]]; then
    run_of "$1"
    stop_one "$dir" "$grace"
    return
  fi
  for dir in "$runs"/*; do
    if [[ -d $dir ]]; then
      stop_one "$(cd -- "$dir" && pwd -P)" "$grace" &
      stops+=($!)
    elif [[ -L $dir ]]; then
      rm -f "$dir" # of a --dir that was removed by hand
    fi
  done
  local pid failed=0
  for pid in ${stops[@]+"${stops[@]}"}; do wait "$pid" || failed=1; done
  return "$failed"
}

stop_one() ( # DIR SECONDS
  lock_run "$1"
  end_run "$1" "$2"
  say "stopped $1"
)
