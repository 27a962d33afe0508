# Sourced by the scripts that fetch something: a network has bad moments, and not every tool tries twice.

# Runs a command up to three times, until it succeeds.
again() { # COMMAND ARGUMENT...
  local pause
  for pause in 5 10; do
    "$@" && return
    sleep "$pause"
  done
  "$@"
}
