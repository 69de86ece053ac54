#!/bin/bash
# A single-node Ceph object gateway on loopback: the real S3 server that the contract suite is held against.
# No systemd, no cephx, no other machine. State lives in .holdfast/rgw (or RGW_DIR) and survives stop.
#
#   scripts/rgw.sh up     install what is missing (as root), create the cluster or start the existing one, print endpoint and keys
#   scripts/rgw.sh stop   stop the processes this script started
#   scripts/rgw.sh wipe   stop, then delete the state
#
# eval "$(scripts/rgw.sh up)" sets HOLDFAST_TEST_S3_ENDPOINT, _ACCESS_KEY_ID and _SECRET_ACCESS_KEY.
# Environment: RGW_DIR, RGW_PORT (gateway), RGW_CEPH_PORT (monitor; the daemons use the 30 ports after it), RGW_SIZE_GB.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=${RGW_DIR:-$root/.holdfast/rgw}
port=${RGW_PORT:-19180}
mon_port=${RGW_CEPH_PORT:-19140}
size_gb=${RGW_SIZE_GB:-20}
# Fixed on purpose: the gateway listens on loopback only and holds test data.
access_key=holdfasttest
secret_key=holdfasttestsecret
export CEPH_CONF=$dir/ceph.conf

say() { echo "$*" >&2; }

install_packages() {
  local missing=()
  command -v radosgw >/dev/null || missing+=(radosgw)
  command -v ceph-mon >/dev/null || missing+=(ceph-mon)
  command -v ceph-osd >/dev/null || missing+=(ceph-osd)
  command -v ceph >/dev/null || missing+=(ceph-common)
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" != 0 ]; then
    say "Missing packages: run apt-get install --no-install-recommends ${missing[*]} as root."
    exit 2
  fi
  say "Installing ${missing[*]} ..."
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

is_running() { [ -f "$dir/run/$1.pid" ] && kill -0 "$(cat "$dir/run/$1.pid")" 2>/dev/null; }

# The gateway first: it must not lose its storage while it answers.
stop() {
  local name pid
  for name in radosgw osd mon; do
    if is_running "$name"; then
      pid=$(cat "$dir/run/$name.pid")
      kill "$pid"
      for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
      kill -9 "$pid" 2>/dev/null || true
    fi
    rm -f "$dir/run/$name.pid"
  done
}

# spawn NAME COMMAND...: in the background, detached from the terminal, with its pid on record
spawn() {
  local name=$1
  shift
  setsid "$@" >>"$dir/log/$name.out" 2>&1 </dev/null &
  echo $! >"$dir/run/$name.pid"
}

wait_for() {
  local what=$1 name=$2
  shift 2
  for _ in $(seq 150); do
    "$@" >/dev/null 2>&1 && return
    is_running "$name" || break
    sleep 0.2
  done
  say "$what did not come up; the end of its log:"
  tail -n 20 "$dir/log/$name.out" >&2
  stop
  exit 1
}

write_config() {
  cat >"$CEPH_CONF" <<CONF
[global]
fsid = $1
mon_initial_members = a
mon_host = [v2:127.0.0.1:$mon_port/0]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr1 = false
ms_bind_port_min = $((mon_port + 1))
ms_bind_port_max = $((mon_port + 30))
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
# the default towards the monitor is "secure", which needs a key that auth "none" does not have
ms_mon_client_mode = crc
ms_mon_cluster_mode = crc
ms_mon_service_mode = crc
# one disk, one copy
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
# a developer's disk is often fuller than a cluster would accept
mon_data_avail_crit = 1
mon_data_avail_warn = 2
run_dir = $dir/run
log_file = $dir/log/\$name.log
admin_socket = $dir/run/\$name.asok
crash_dir = $dir/crash
mon_cluster_log_file = $dir/log/cluster.log
[mon]
mon_data = $dir/mon
# an idle monitor waits a second before it agrees with itself: pools are created one by one
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
[osd]
osd_data = $dir/osd
osd_objectstore = bluestore
bluestore_block_size = $((size_gb * 1024 * 1024 * 1024))
bluestore_block_wal_create = false
bluestore_block_db_create = false
osd_memory_target = 1073741824
osd_class_load_list = *
osd_class_default_list = *
[client]
rgw_frontends = beast endpoint=127.0.0.1:$port
rgw_enable_usage_log = false
rgw_dynamic_resharding = false
CONF
}

create_cluster() {
  local fsid
  fsid=$(cat /proc/sys/kernel/random/uuid)
  mkdir -p "$dir"/{run,log,crash,mon,osd}
  write_config "$fsid"
  monmaptool --create --clobber --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon_port/0]" "$dir/monmap" >/dev/null
  ceph-mon --mkfs -i a --monmap "$dir/monmap" >>"$dir/log/mon.out" 2>&1
}

create_osd() {
  local uuid
  uuid=$(cat /proc/sys/kernel/random/uuid)
  timeout 60 ceph osd new "$uuid" 0 >/dev/null
  truncate -s "${size_gb}G" "$dir/osd/block"
  ceph-osd -i 0 --mkfs --osd-uuid "$uuid" >>"$dir/log/osd.out" 2>&1
}

# The first command also creates the zone. STANDARD alone is known there: the others are names for the same pool.
create_users() {
  local class
  admin() { timeout 120 radosgw-admin "$@" >/dev/null 2>>"$dir/log/radosgw-admin.out"; }
  admin user create --uid=holdfast --display-name=Holdfast --access-key="$access_key" --secret-key="$secret_key"
  admin user create --uid=stranger --display-name=Stranger --access-key=strangertest --secret-key=strangertestsecret
  for class in STANDARD_IA GLACIER_IR GLACIER DEEP_ARCHIVE; do
    admin zonegroup placement add --rgw-zonegroup default --placement-id default-placement --storage-class "$class"
    admin zone placement add --rgw-zone default --placement-id default-placement --storage-class "$class" --data-pool default.rgw.buckets.data
  done
}

osd_is_up() { timeout 20 ceph --connect-timeout 10 osd stat | grep -q '1 up'; }
port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

up() {
  install_packages
  if ! is_running radosgw; then
    stop
    local fresh=0
    if [ ! -f "$dir/ready" ]; then
      fresh=1
      rm -rf "$dir"
      create_cluster
    fi
    spawn mon ceph-mon -i a -f
    wait_for "The monitor" mon timeout 20 ceph --connect-timeout 10 mon stat
    [ $fresh = 1 ] && create_osd
    spawn osd ceph-osd -i 0 -f
    wait_for "The object store" osd osd_is_up
    [ $fresh = 1 ] && create_users
    spawn radosgw radosgw -n client.rgw -f
    wait_for "The gateway" radosgw port_is_open
    touch "$dir/ready"
  fi
  echo "export HOLDFAST_TEST_S3_ENDPOINT=http://127.0.0.1:$port"
  echo "export HOLDFAST_TEST_S3_ACCESS_KEY_ID=$access_key"
  echo "export HOLDFAST_TEST_S3_SECRET_ACCESS_KEY=$secret_key"
}

case "${1:-}" in
  up) up ;;
  stop) stop ;;
  wipe) stop; rm -rf "$dir" ;;
  *) say "usage: scripts/rgw.sh up|stop|wipe"; exit 2 ;;
esac
