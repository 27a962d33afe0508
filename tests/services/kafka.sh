#!/usr/bin/env bash
# Fetches, starts, breaks and stops a real Apache Kafka on the loopback address, without docker.
# `kafka.sh help` lists the commands, README.md shows their use.

set -euo pipefail

usage() {
  cat <<'END'
kafka.sh: a real Apache Kafka on 127.0.0.1 for the integration tests, without docker

  kafka.sh fetch                fetch the jars with Maven, unless they are there already
  kafka.sh start [--brokers 1|3] [--users NAME:PASSWORD,...] [--dir DIR] [--die-with PID]
                                start a new cluster, wait until it is ready and print what to eval:
                                  export KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:PORT[,...]
                                  export CQ_KAFKA_DIR=DIR
                                  --brokers   1 (the default) or 3
                                  --users     also export CQ_KAFKA_SASL_SERVERS=127.0.0.1:PORT[,...]: for
                                              these users (SASL_PLAINTEXT, PLAIN), who may only do what
                                              `acls` allows; the other servers let everybody do everything
                                  --dir       keep the cluster's files here (a new or empty folder)
                                  --die-with  stop the cluster as soon as process PID is gone
  kafka.sh stop [--now] DIR     stop a cluster and remove its files; --now: by kill -9 at once,
  kafka.sh stop [--now] --all   without the up to 10 s of an orderly shutdown
  kafka.sh kill DIR N...        kill -9 broker N (or several at the same moment)
  kafka.sh terminate DIR N...   stop broker N in order (SIGTERM): it hands its partitions over first
  kafka.sh pause DIR N...       stop broker N where it is (SIGSTOP): connections stay open, nothing is answered
  kafka.sh resume DIR N...      let it go on (SIGCONT)
  kafka.sh restart DIR N...     start broker N again on its ports, wait until it is back in sync
                                (with no majority left, name all that are to come back in one call)
  kafka.sh topics DIR ARG...    run Kafka's TopicCommand: --list, --create --topic T, --describe, ...
  kafka.sh acls DIR ARG...      run Kafka's AclCommand: --add, --remove, --list, ...
  kafka.sh help                 print this

Everything lies under target/services (or $CARGO_TARGET_DIR/services). Needed: Linux, bash, java 17 or
newer (JAVA_HOME is respected), setsid and flock (util-linux), and mvn for the first fetch.
END
}

script=$(readlink -f -- "${BASH_SOURCE[0]}")
here=${script%/*}
# shellcheck source=lib.sh
source "$here/lib.sh"
runs=$services/run
marker=cluster.id
noun=cluster
variable=CQ_KAFKA_DIR
version=$(sed -n 's:.*<kafka\.version>\(.*\)</kafka\.version>.*:\1:p' "$here/pom.xml")
libs=$services/kafka-$version

# A run folder holds, beside what lib.sh lists:
#   bootstrap      what goes into KAFKA_BOOTSTRAP_SERVERS; broker N is the N-th entry
#   sasl           what goes into CQ_KAFKA_SASL_SERVERS, if there are users
#   broker-N/      server.properties, data/, log (and log.old of earlier lives), pid

# --- what has to be installed ---------------------------------------------------------------------

# Sets `java`, or explains what is missing.
need_java() {
  local advice="Kafka ${version%.*} needs a JDK 17 or newer; install one (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME"
  if [[ -n ${JAVA_HOME:-} ]]; then
    java=$JAVA_HOME/bin/java
    [[ -x $java ]] || fail "no java found in JAVA_HOME ($JAVA_HOME): $advice"
  else
    java=$(command -v java) || fail "no java found: $advice"
  fi
  local found
  found=$(java_version "$java") || fail "cannot tell the version of $java: $found"
  ((found >= 17)) || fail "$java is Java $found, too old: $advice"
}

# --- fetching -------------------------------------------------------------------------------------

fetch() {
  if fetched "$libs"; then return; fi
  need_java
  fetch_with_maven "Kafka $version" "$libs" "kafka_2.13-$version.jar" copy-dependencies -DincludeScope=runtime
}

# --- one cluster ----------------------------------------------------------------------------------

# Prints the server.properties of broker $2. For one broker and for three; everything that is not about
# addresses and copies is here to be quick to start and small.
properties() { # DIR N BROKERS VOTERS PORT CONTROLLER_PORT SASL_PORT USERS
  local copies=$3 in_sync=$(($3 == 3 ? 2 : 1)) sasl=${8:+,SASL://127.0.0.1:$7}
  cat <<END
process.roles=broker,controller
node.id=$2
controller.quorum.voters=$4
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$5,CONTROLLER://127.0.0.1:$6$sasl
log.dirs=$1/broker-$2/data

# Topics of Kafka itself.
offsets.topic.replication.factor=$copies
offsets.topic.num.partitions=$copies
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$in_sync
transaction.state.log.num.partitions=$copies

# Topics of the tests: never by accident.
auto.create.topics.enable=false
default.replication.factor=$copies
min.insync.replicas=$in_sync

# A consumer group's first member does not wait for others (default: 3 s).
group.initial.rebalance.delay.ms=0
# Members of a group of the new protocol are missed as soon as those of the classic one can be (default: 45 s).
group.consumer.min.session.timeout.ms=6000
group.consumer.session.timeout.ms=6000
group.consumer.min.heartbeat.interval.ms=750
group.consumer.heartbeat.interval.ms=750
# A broker that was killed is missed soon, and let in again soon (defaults: 9 s and 2 s).
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# The default of 128 MiB would be half of the heap.
log.cleaner.dedupe.buffer.size=2097152
END
  if [[ -n $8 ]]; then authorization "$8"; fi
}

# Prints the properties for users: each may do what is allowed to it, and whoever comes without a name everything.
authorization() { # NAME:PASSWORD,...
  local pairs pair users=''
  IFS=, read -ra pairs <<<"$1"
  for pair in "${pairs[@]}"; do users+=" user_${pair%%:*}=\"${pair#*:}\""; done
  cat <<END
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required$users;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
END
}

# Sixteen random bytes in URL-safe base64, as Kafka writes them. (StorageTool random-uuid does this in a
# second of a JVM's start.) A leading dash would be read as an option.
new_cluster_id() {
  local id
  until [[ ${id:--} != -* ]]; do
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
  done
  printf '%s\n' "$id"
}

format() { # DIR N
  local home=$1/broker-$2
  "$java" -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$libs/*" kafka.tools.StorageTool format \
    -t "$(<"$1/cluster.id")" -c "$home/server.properties" </dev/null >>"$home/log" 2>&1
}

launch() { # DIR N
  local home=$1/broker-$2
  # Readiness is read from the log, so each life of a broker has its own.
  if [[ -f $home/log ]]; then
    cat "$home/log" >>"$home/log.old"
    rm "$home/log"
  fi
  detach "$home" "$home/log" "$java" -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS \
    -cp "$libs/*" kafka.Kafka "$home/server.properties"
  remember $! "$home/pid"
}

# The client port opens last, together with this line. The line tells our broker from a stranger who took
# the port; metadata would not do, for it goes on listing dead brokers.
ready() { # DIR N
  grep -q 'Kafka Server started' "$1/broker-$2/log" 2>/dev/null || return 1
  local addresses
  IFS=, read -ra addresses <"$1/bootstrap"
  (exec {fd}<>"/dev/tcp/${addresses[$2 - 1]/://}") 2>/dev/null
}

# Waits until the given brokers are ready; fails as soon as one of them dies, at the deadline, and when
# the process that the cluster is to die with is gone.
await_ready() { # DIR DEADLINE N...
  local dir=$1 deadline=$2 n waiting
  shift 2
  while :; do
    waiting=
    for n in "$@"; do
      alive "$dir/broker-$n/pid" || { say "broker $n has ended" && return 1; }
      ready "$dir" "$n" || waiting+=" $n"
    done
    if [[ -z $waiting ]]; then return; fi
    owned "$dir" || { say "the process to die with is gone" && return 1; }
    ((SECONDS < deadline)) || { say "not ready after $ready_within s: broker$waiting" && return 1; }
    sleep 0.1
  done
}

show_logs() { # DIR N...
  local dir=$1 n
  shift
  for n in "$@"; do
    # The cause is seldom at the end: a broker that gives up shuts down in many words.
    say "errors in broker $n's log:"
    grep -m 8 -E ' (WARN|ERROR|FATAL) |^[a-z.]+\.[A-Za-z]+(Exception|Error)' "$dir/broker-$n/log" >&2 || true
    say "the end of broker $n's log:"
    tail -n 15 "$dir/broker-$n/log" >&2 || true
  done
}

lost_a_port() { grep -Eqs 'Address already in use|BindException|ailed to bind' "$1"/broker-*/log; }

kill_brokers() { # DIR
  local pid
  for pid in "$1"/broker-*/pid; do signal KILL "$pid"; done
  await_end 10 "$1"/broker-*/pid || say "some process outlived kill -9, see $1"
}

remove() { # DIR SECONDS
  local dir=$1 pid
  if (($2 > 0)); then
    for pid in "$dir"/broker-*/pid; do signal TERM "$pid"; done
    await_end "$2" "$dir"/broker-*/pid || true
  fi
  kill_brokers "$dir"
  rm -rf "$dir"/broker-* "$dir"/{bootstrap,sasl}
}

brokers_of() { # DIR N...
  (($# > 1)) || fail "which broker? Give its number"
  local dir=$1 n
  shift
  for n in "$@"; do
    [[ $n =~ ^[1-9]$ && -f $dir/broker-$n/server.properties ]] || fail "there is no broker $n in $dir"
  done
}

# --- the commands ---------------------------------------------------------------------------------

start() {
  local brokers=1 dir='' die_with='' users=''
  while (($#)); do
    case $1 in
      --brokers | --users | --dir | --die-with)
        (($# > 1)) || fail "$1 needs a value"
        case $1 in
          --users) users=$2 ;;
          --brokers) brokers=$2 ;;
          --dir) dir=$2 ;;
          --die-with) die_with=$2 ;;
        esac
        shift 2
        ;;
      *) fail "start: unknown argument $1 (see kafka.sh help)" ;;
    esac
  done
  [[ $brokers == [13] ]] || fail "--brokers is 1 or 3, not $brokers"
  [[ -z $users || $users =~ ^[a-z]+:[A-Za-z0-9]+(,[a-z]+:[A-Za-z0-9]+)*$ ]] ||
    fail "--users takes NAME:PASSWORD,... of letters and digits, not $users"
  [[ -z $die_with || $die_with =~ ^[1-9][0-9]*$ ]] || fail "--die-with needs a process id, not $die_with"
  need_java
  fetch

  new_run kafka "$(new_cluster_id)" "$dir" "$die_with"
  # java splits a class path at colons, Kafka log.dirs at commas; a backslash is an escape in .properties.
  [[ $libs != *:* && $dir != *[,\\]* ]] || fail "Kafka cannot live in a path with a colon, comma or backslash: $dir"

  # Between our look and the broker's bind, anybody can take a port.
  local attempt tries=5 began=$SECONDS deadline=$((SECONDS + ready_within))
  for ((attempt = 1; ; attempt++)); do
    if boot "$dir" "$brokers" "$users" "$deadline"; then break; fi
    if ! owned "$dir" || ! lost_a_port "$dir" || ((attempt == tries || SECONDS >= deadline)); then
      local all
      mapfile -t all < <(seq "$brokers")
      show_logs "$dir" "${all[@]}"
      fail "Kafka did not start"
    fi
    say "a port was taken by somebody else; trying others"
    kill_brokers "$dir"
    rm -rf "$dir"/broker-*
  done

  printf 'export KAFKA_BOOTSTRAP_SERVERS=%s\nexport CQ_KAFKA_DIR=%q\n' "$(<"$dir/bootstrap")" "$dir"
  if [[ -n $users ]]; then printf 'export CQ_KAFKA_SASL_SERVERS=%s\n' "$(<"$dir/sasl")"; fi
  finished
  say "Kafka $version is ready after $((SECONDS - began)) s: $(<"$dir/bootstrap") in $dir"
}

# One attempt of `start`: chooses ports, writes, formats and launches all brokers, waits.
boot() { # DIR BROKERS USERS DEADLINE
  local dir=$1 brokers=$2 users=$3 deadline=$4
  local ports voters='' bootstrap='' sasl='' n all=()
  mapfile -t ports < <(free_ports $((3 * brokers)))
  ((${#ports[@]} == 3 * brokers)) || fail "no free ports"
  for ((n = 1; n <= brokers; n++)); do
    all+=("$n")
    bootstrap+=${bootstrap:+,}127.0.0.1:${ports[3 * n - 3]}
    voters+=${voters:+,}$n@127.0.0.1:${ports[3 * n - 2]}
    sasl+=${sasl:+,}127.0.0.1:${ports[3 * n - 1]}
  done
  printf '%s\n' "$bootstrap" >"$dir/bootstrap"
  if [[ -n $users ]]; then printf '%s\n' "$sasl" >"$dir/sasl"; fi
  local formats=()
  for n in "${all[@]}"; do
    mkdir "$dir/broker-$n"
    properties "$dir" "$n" "$brokers" "$voters" "${ports[@]:3 * n - 3:3}" "$users" \
      >"$dir/broker-$n/server.properties"
    format "$dir" "$n" &
    formats+=($!)
  done
  local pid
  for pid in "${formats[@]}"; do
    wait "$pid" || { say "formatting failed" && return 1; }
  done
  for n in "${all[@]}"; do launch "$dir" "$n"; done
  await_ready "$dir" "$deadline" "${all[@]}"
}

# Sends a signal to brokers; those that are to end with it must have ended within SECONDS (0: they live on).
signal_brokers() { # SIGNAL SECONDS DIR N...
  local name=$1 seconds=$2 dir n
  run_of "${3:-}"
  shift 3
  brokers_of "$dir" "$@"
  local pids=()
  for n in "$@"; do
    alive "$dir/broker-$n/pid" || fail "broker $n is not running"
    pids+=("$dir/broker-$n/pid")
  done
  for n in "${pids[@]}"; do signal "$name" "$n"; done
  ((seconds == 0)) || await_end "$seconds" "${pids[@]}" || fail "a broker outlived SIG$name by $seconds s"
}

restart() {
  local dir n
  run_of "${1:-}"
  shift
  brokers_of "$dir" "$@"
  need_java
  fetch
  lock_run "$dir"
  for n in "$@"; do
    if alive "$dir/broker-$n/pid"; then fail "broker $n is still running; kill it first"; fi
  done
  local deadline=$((SECONDS + ready_within)) lagging
  for n in "$@"; do launch "$dir" "$n"; done
  await_ready "$dir" "$deadline" "$@" || {
    show_logs "$dir" "$@"
    fail "restart failed"
  }
  for n in "$@"; do
    while lagging=$(out_of_sync "$dir" "$n") && [[ -n $lagging ]]; do
      ((SECONDS < deadline)) || fail "broker $n is up, but after $ready_within s still not in sync: ${lagging//$'\n'/ }"
      owned "$dir" || fail "the process to die with is gone"
      sleep 0.5
    done
  done
}

# Prints the partitions that broker $2 should hold and does not. All under-replicated ones would be too many,
# for other brokers may be down on purpose. So may the one that a partition without a leader waits for (after
# kill -9 of all, that is the last that held all acknowledged records), hence such a partition counts only
# when all brokers are up.
out_of_sync() { # DIR N
  local table pid all_up=1
  for pid in "$1"/broker-*/pid; do alive "$pid" || all_up=0; done
  table=$(topic_command "$1" --describe 2>&1) || { printf '%s\n' "${table##*$'\n'}" && return; }
  awk -F '\t' -v n="$2" -v all_up="$all_up" '
    function has(list) { return index("," list ",", "," n ",") }
    $3 ~ /^Partition: / {
      leader = $4; replicas = $5; isr = $6
      sub(/^Leader: /, "", leader); sub(/^Replicas: /, "", replicas); sub(/^Isr: /, "", isr)
      if (has(replicas) && (leader == "none" ? all_up : !has(isr))) print substr($2, 8) "/" substr($3, 12)
    }' <<<"$table"
}

topic_command() { tool TopicCommand "$@"; } # DIR ARG...

tool() { # CLASS DIR ARG...
  local class=$1 dir=$2
  shift 2
  "$java" -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error \
    -cp "$libs/*" "org.apache.kafka.tools.$class" --bootstrap-server "$(<"$dir/bootstrap")" "$@"
}

# One of Kafka's own commands, as a user gives it.
tool_command() { # CLASS DIR ARG...
  local class=$1 dir
  run_of "${2:-}"
  shift 2
  need_java
  fetch
  tool "$class" "$dir" "$@"
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
    fetch) fetch ;;
    start) start "$@" ;;
    stop) stop "$@" ;;
    kill) signal_brokers KILL 10 "$@" ;;
    terminate) signal_brokers TERM 90 "$@" ;;
    pause) signal_brokers STOP 0 "$@" ;;
    resume) signal_brokers CONT 0 "$@" ;;
    restart) restart "$@" ;;
    topics) tool_command TopicCommand "$@" ;;
    acls) tool_command AclCommand "$@" ;;
    watch) watch "$@" ;;
    *)
      usage >&2
      fail "unknown command $command"
      ;;
  esac
}

main "$@"
exit
