#!/usr/bin/env bash
# Renders the Helm chart with its defaults and with every switch on, and fails on a template or YAML error.
# Needs Go and two libraries from Debian's packages; `--install` gets them.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = --install ]; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends golang-go golang-github-masterminds-sprig-dev golang-k8s-sigs-yaml-dev >/dev/null
fi
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
GOPATH=/usr/share/gocode GO111MODULE=off GOCACHE=$build/cache go build -o "$build/render" test/helm/render.go
"$build/render" helm/tessera >"$build/default.yaml"
"$build/render" helm/tessera serviceMonitor.enabled=true persistence.storageClassName=fast 'nodeSelector={disk: ssd}' \
  'tolerations=[{key: gpu, operator: Exists}]' 'podAnnotations={team: ml}' replicas=3 >"$build/all.yaml"
if "$build/render" helm/tessera secretName= >/dev/null 2>"$build/refused"; then
  echo "chart: secretName: an empty name must be refused"
  exit 1
fi
grep -q 'secretName' "$build/refused"
echo "chart: $(grep -c '^kind:' "$build/default.yaml") and $(grep -c '^kind:' "$build/all.yaml") documents rendered"
