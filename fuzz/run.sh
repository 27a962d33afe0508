#!/usr/bin/env bash
# Fuzzes a target for so many seconds: run.sh TARGET SECONDS. Ends with 1 on a finding, which is then in artifacts/TARGET.
set -euo pipefail
cd "$(dirname "$0")"
target=$1 seconds=$2
command -v cargo-fuzz >/dev/null || cargo +nightly install cargo-fuzz --locked
# What it finds new goes to a folder of its own, so that the committed corpus stays small.
mkdir -p "target/corpus/$target"
# Where memory was allocated is seldom of use, and takes most of the time.
export ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=32${ASAN_OPTIONS:+:$ASAN_OPTIONS}
extra=()
[[ $target == schema ]] && extra+=(-dict=schema.dict)
cargo +nightly fuzz run "$target" "target/corpus/$target" "corpus/$target" -- \
  -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 "${extra[@]}"
