#!/usr/bin/env bash
# The fuzzer has to find the mistake that `planted` makes on purpose: an over-read of one byte.
set -euo pipefail
cd "$(dirname "$0")"
log=$(mktemp)
if ./run.sh planted "${1:-300}" >"$log" 2>&1; then
  tail -n 20 "$log"
  echo "the planted over-read was not found"
  exit 1
fi
grep -m 1 'heap-buffer-overflow' "$log"
grep -m 1 'READ of size' "$log"
echo "the planted over-read was found"
