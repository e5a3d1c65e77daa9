#!/usr/bin/env bash
# Starts a real S3 server on this machine, for tests: Ceph RADOS Gateway over one monitor and one in-memory OSD.
# Prints the S3_* settings; stop it with ceph-down.sh.
#
#   scripts/ceph-up.sh [--install] [--env FILE]
#     --install   first install Debian's packages with apt-get (as root)
#     --env FILE  write the settings there too
# Needs radosgw, ceph-mon, ceph-osd, ceph-common. CEPH_TEST_DIR (default: $TMPDIR/tessera-ceph), CEPH_TEST_PORT (7480).
set -euo pipefail

dir=${CEPH_TEST_DIR:-${TMPDIR:-/tmp}/tessera-ceph}
port=${CEPH_TEST_PORT:-7480}
env_file=
while (($#)); do
  case $1 in
    --install)
      apt-get update -qq
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends radosgw ceph-mon ceph-osd ceph-common curl >/dev/null
      ;;
    --env) env_file=$2 && shift ;;
    *) echo "ceph-up: expected --install or --env FILE, got $1" >&2 && exit 2 ;;
  esac
  shift
done
for program in curl ceph-mon ceph-osd ceph radosgw radosgw-admin ceph-authtool monmaptool; do
  command -v $program >/dev/null || { echo "ceph-up: expected $program, found none; use --install" >&2 && exit 1; }
done
if [ -e "$dir" ]; then
  echo "ceph-up: expected no cluster yet, found $dir; run ceph-down.sh first" >&2
  exit 1
fi

mkdir -m 700 -p "$dir"/{mon,osd,run,log}
export CEPH_CONF=$dir/ceph.conf
fsid=$(cat /proc/sys/kernel/random/uuid)
mon_port=$((port + 1))

# cephx stays on: without it the gateway cannot log in. Pools of one copy; no manager daemon is needed.
cat >"$CEPH_CONF" <<CONF
[global]
fsid = $fsid
mon host = 127.0.0.1:$mon_port
public addr = 127.0.0.1
mon initial members = a
keyring = $dir/keyring
run dir = $dir/run
admin socket = $dir/run/\$name.asok
log file = $dir/log/\$name.log
pid file = $dir/run/\$name.pid
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 1
mon data avail warn = 1
auth allow insecure global id reclaim = false
[mon.a]
mon data = $dir/mon
mon addr = 127.0.0.1:$mon_port
[osd.0]
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 2147483648
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw thread pool size = 64
CONF

fail() {
  echo "ceph-up: $1" >&2
  tail -n 15 "$dir"/log/*.log >&2 || true
  "$(dirname "$0")/ceph-down.sh"
  exit 1
}

# until SECONDS COMMAND…: repeats it every 0.2 s until it succeeds.
until_ok() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}

ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *' >/dev/null
ceph-authtool "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
ceph-authtool "$dir/keyring" --gen-key -n client.rgw --cap mon 'allow rw' --cap osd 'allow rwx'
monmaptool --create --add a "127.0.0.1:$mon_port" --fsid "$fsid" "$dir/monmap" >/dev/null
ceph-mon --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring" >/dev/null
ceph-mon -i a >/dev/null || fail 'the monitor did not start'
until_ok 30 timeout 5 ceph -s || fail 'the monitor does not answer'

osd_key=$(ceph-authtool --gen-print-key)
osd_uuid=$(cat /proc/sys/kernel/random/uuid)
echo "{\"cephx_secret\": \"$osd_key\"}" | ceph osd new "$osd_uuid" -i - >/dev/null
ceph-authtool "$dir/keyring" -n osd.0 --add-key "$osd_key" --cap mon 'allow profile osd' --cap osd 'allow *' >/dev/null
ceph-osd -i 0 --mkfs --osd-uuid "$osd_uuid" >/dev/null 2>&1 || fail 'the OSD could not be made'
ceph-osd -i 0 >/dev/null 2>&1 || fail 'the OSD did not start'
until_ok 30 sh -c 'ceph osd stat | grep -q "1 up"' || fail 'the OSD does not come up'

radosgw -n client.rgw >/dev/null || fail 'the gateway did not start'
until_ok 60 curl -sf "http://127.0.0.1:$port/" || fail 'the gateway does not answer'
radosgw-admin user create --uid=tessera --display-name=tessera --access-key=tessera-test --secret-key=tessera-test-secret \
  >/dev/null 2>&1 || fail 'the user could not be made'

settings="export S3_ENDPOINT=http://127.0.0.1:$port
export S3_BUCKET=tessera-test
export S3_ACCESS_KEY=tessera-test
export S3_SECRET_KEY=tessera-test-secret
export S3_REGION=default"
if [ -n "$env_file" ]; then echo "$settings" >"$env_file"; fi
echo "$settings"
