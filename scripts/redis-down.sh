#!/usr/bin/env bash
# Stops the Redis that redis-up.sh started and removes its data.
set -uo pipefail

dir=${REDIS_TEST_DIR:-${TMPDIR:-/tmp}/tessera-redis}
if [ -s "$dir/redis.pid" ]; then
  pid=$(cat "$dir/redis.pid")
  kill "$pid" 2>/dev/null
  for _ in $(seq 50); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null
fi
rm -rf "$dir"
