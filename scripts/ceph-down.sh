#!/usr/bin/env bash
# Stops the S3 server that ceph-up.sh started and removes its data.
set -uo pipefail

dir=${CEPH_TEST_DIR:-${TMPDIR:-/tmp}/tessera-ceph}
pids=()
for file in "$dir"/run/*.pid; do
  if [ -s "$file" ]; then pids+=("$(cat "$file")"); fi
done
if ((${#pids[@]})); then
  kill "${pids[@]}" 2>/dev/null
  for _ in $(seq 50); do
    kill -0 "${pids[@]}" 2>/dev/null || break
    sleep 0.2
  done
  kill -9 "${pids[@]}" 2>/dev/null
fi
rm -rf "$dir"
