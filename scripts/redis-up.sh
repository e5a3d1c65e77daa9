#!/usr/bin/env bash
# Starts a real Redis on this machine, for tests: in memory, on the loopback alone.
# Prints the REDIS_URL; stop it with redis-down.sh.
#
#   scripts/redis-up.sh [--install] [--env FILE]
#     --install   where redis-server is absent, first install Debian's package with apt-get (as root)
#     --env FILE  write the setting there too
# REDIS_TEST_DIR (default: $TMPDIR/tessera-redis), REDIS_TEST_PORT (7379).
set -euo pipefail

dir=${REDIS_TEST_DIR:-${TMPDIR:-/tmp}/tessera-redis}
port=${REDIS_TEST_PORT:-7379}
env_file=
while (($#)); do
  case $1 in
    --install)
      if ! command -v redis-server >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >/dev/null
      fi
      ;;
    --env) env_file=$2 && shift ;;
    *) echo "redis-up: expected --install or --env FILE, got $1" >&2 && exit 2 ;;
  esac
  shift
done
command -v redis-server >/dev/null || { echo 'redis-up: expected redis-server, found none; use --install' >&2 && exit 1; }
if [ -e "$dir" ]; then
  echo "redis-up: expected no server yet, found $dir; run redis-down.sh first" >&2
  exit 1
fi

mkdir -m 700 -p "$dir"
redis-server --bind 127.0.0.1 --port "$port" --dir "$dir" --save '' --appendonly no --maxmemory-policy noeviction \
  --daemonize yes --pidfile "$dir/redis.pid" --logfile "$dir/redis.log" >/dev/null

deadline=$((SECONDS + 10))
until redis-cli -h 127.0.0.1 -p "$port" ping 2>/dev/null | grep -q PONG && [ -s "$dir/redis.pid" ]; do
  if ((SECONDS >= deadline)); then
    echo 'redis-up: the server does not answer' >&2
    tail -n 15 "$dir/redis.log" >&2 || true
    "$(dirname "$0")/redis-down.sh"
    exit 1
  fi
  sleep 0.1
done

settings="export REDIS_URL=redis://127.0.0.1:$port"
if [ -n "$env_file" ]; then echo "$settings" >"$env_file"; fi
echo "$settings"
