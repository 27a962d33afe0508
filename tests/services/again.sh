# Sourced by the scripts that fetch something: a network has bad moments, and not every tool tries twice.

# Runs a command up to three times, until it succeeds. Ctrl-C ends the script, also where the command makes an error of its own
# of it, and what a signal has ended is not tried again.
again() { # COMMAND ARGUMENT...
  trap 'exit 130' INT
  local pause status
  for pause in 5 10 ''; do
    status=0
    "$@" || status=$?
    if ((status == 0 || status >= 128)) || [[ -z $pause ]]; then return "$status"; fi
    sleep "$pause"
  done
}
