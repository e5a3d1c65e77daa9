#!/usr/bin/env bash
# Does what a new user does: `npm start` on an empty data directory, then the first call of the README, and checks that
# the answer is the sensible one.
set -euo pipefail
set -m # a process group of its own for what is started below: npm does not pass a signal on
cd "$(dirname "$0")/.."
data=$(mktemp -d)
port=${PORT:-18080}
log=$data/start.log
DATA_DIR=$data/tessera PORT=$port npm start >"$log" 2>&1 &
server=$!
stop() {
  kill -TERM -- "-$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -rf "$data"
}
trap stop EXIT
for _ in $(seq 1 240); do
  curl -fsS "http://127.0.0.1:$port/readyz" >/dev/null 2>&1 && break
  kill -0 "$server" 2>/dev/null || { cat "$log"; echo "first call: the server stopped before it was ready"; exit 1; }
  sleep 0.5
done
key=$(cat "$data/tessera/default.key")
answer=$(curl -fsS "http://127.0.0.1:$port/v1/classify" \
  -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
  -d '{"model": "clinc-banking", "input": "please tell me how much cash is left in my checking account"}')
echo "$answer"
node -e 'const label = JSON.parse(process.argv[1]).data[0].label; if (label !== "balance") { console.error(`first call: label: expected balance, got ${label}`); process.exit(1); }' "$answer"
