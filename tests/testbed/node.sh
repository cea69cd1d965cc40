# shellcheck shell=bash
# Sourced by testbed.sh: one node, from its specification to its death.

# parse_node ROLE INDEX SPEC: prints the node as shell assignments.
parse_node() {
  local role=$1 index=$2 spec=$3 pair
  local name suite port jobs=2 cores=1 speed=1 features='' mandatory='' systems
  systems=$(uname -m)-linux
  port=$((FIRST_PORT + index))
  name=${spec%%:*}
  suite=${spec#*:}
  suite=${suite%%,*}
  [[ $spec == *:* && $name =~ ^[a-z][a-z0-9-]*$ && $suite =~ ^[a-z]+$ ]] ||
    die "bad node '$spec': want NAME:SUITE[,KEY=VALUE...]"
  [[ $spec != *,* ]] || for pair in $(tr , ' ' <<<"${spec#*,}"); do
    case $pair in
      port=* | jobs=* | cores=* | speed=*)
        [[ ${pair#*=} =~ ^[0-9]+$ ]] || die "bad number in node '$spec': $pair"
        printf -v "${pair%%=*}" %s "${pair#*=}" ;;
      features=* | mandatory=* | systems=*)
        [[ ${pair#*=} =~ ^[A-Za-z0-9_.+-]*$ ]] || die "bad list in node '$spec': $pair"
        printf -v "${pair%%=*}" %s "$(tr + , <<<"${pair#*=}")" ;;
      *) die "unknown key in node '$spec': $pair" ;;
    esac
  done
  [[ $role == builder ]] || port=0
  printf '%s=%q\n' role "$role" name "$name" suite "$suite" port "$port" \
    jobs "$jobs" cores "$cores" speed "$speed" features "$features" \
    mandatory "$mandatory" systems "$systems" base "$(root_dir "$suite")" \
    nix_extra "${NIXREMOTE_TESTBED_NIX_CONF:-}" sshd_extra "${NIXREMOTE_TESTBED_SSHD_CONF:-}"
}

node_dir() { echo "$STATE/nodes/$1"; }

# Host-side pid of node $1's PID 1, if it runs.
node_pid() { live_pid "$STATE/nodes/$1/pid"; }

start_node() {
  local name=$1 dir pid
  dir=$(node_dir "$name")
  node_pid "$name" >/dev/null && return 0
  # Of a node that was killed: it would look as if the daemon were ready.
  rm -f "$dir"/{upper,root}/nix/var/nix/daemon-socket/socket
  # setsid: a ^C at our terminal is not for the node. The lock is not handed on.
  NIXREMOTE_TESTBED=$STATE setsid unshare --mount --pid --uts --ipc --fork \
    --kill-child --propagation private \
    bash "$SELF" __init "$name" </dev/null >"$dir/log" 2>&1 {LOCK}>&- &
  # unshare's only child is the node's PID 1; that is the process to record.
  local parent=$! i
  disown
  for ((i = 0; i < 250; i++)); do
    pid=$(cat "/proc/$parent/task/$parent/children" 2>/dev/null || true)
    pid=${pid%% *}
    [[ -n $pid ]] && record_pid "$pid" "$dir/pid" 2>/dev/null && return 0
    sleep 0.02
  done
  show_log "$name"
  die "node $name did not start"
}

stop_node() { end_recorded "$(node_dir "$1")/pid"; }

wipe_node() {
  local dir
  dir=$(node_dir "$1")
  stop_node "$1"
  rm -rf "$dir/upper" "$dir/work" "$dir/root"
}

show_log() { tail -n 15 "$(node_dir "$1")/log" 2>/dev/null | sed "s/^/  $1| /" >&2 || true; }

# Waits until each of the given nodes takes work.
wait_ready() {
  local name failed=''
  local -A job=()
  for name; do
    node_ready "$name" &
    job[$name]=$!
  done
  for name; do wait "${job[$name]}" || failed+=" $name"; done
  [[ -z $failed ]] || die "not ready:$failed"
}

node_ready() {
  local name=$1 dir pid i
  trap - ERR
  dir=$(node_dir "$name")
  for ((i = 0; i < 400; i++)); do
    pid=$(node_pid "$name") || { show_log "$name"; return 1; }
    if [[ -S /proc/$pid/root/nix/var/nix/daemon-socket/socket ]]; then
      grep -qx 'role=client' "$dir/spec" && return 0
      ssh -F "$STATE/ssh_config" "$name" true 2>/dev/null && return 0
    fi
    sleep 0.05
  done
  show_log "$name"
  ssh -F "$STATE/ssh_config" -o LogLevel=INFO "$name" true >&2 || true
  return 1
}

# Runs as PID 1 of the node's new pid namespace, still in the host's root (in a private
# mount namespace): makes the node's root and goes into it.
node_init() {
  local dir root device
  dir=$(node_dir "$1")
  root=$dir/root
  local role name suite port jobs cores speed features mandatory systems base nix_extra sshd_extra
  # shellcheck disable=SC1091
  . "$dir/spec"
  hostname "$name"

  # The base, with the node's own writes above it; a plain copy of the base where the state
  # directory cannot carry an overlay (it is on one itself).
  mkdir -p "$root" "$dir/upper" "$dir/work"
  if [[ -e $root/testbed/copied ]]; then
    mount --bind "$root" "$root"
  elif ! mount -t overlay "node-$name" "$root" \
    -o "lowerdir=$base/root,upperdir=$dir/upper,workdir=$dir/work" 2>/dev/null; then
    echo "no overlay on $dir: copying the base"
    cp -a "$base/root/." "$root/"
    touch "$root/testbed/copied"
    mount --bind "$root" "$root"
  fi

  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=755 run "$root/run"
  mount -t tmpfs -o mode=755 dev "$root/dev"
  for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  mkdir "$root"/dev/{pts,shm}
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
  mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s /proc/self/fd/0 "$root/dev/stdin"
  ln -s /proc/self/fd/1 "$root/dev/stdout"
  ln -s /proc/self/fd/2 "$root/dev/stderr"

  # The state directory (client files, share/), at the same path.
  mkdir -p "$root$STATE"
  mount --bind "$STATE" "$root$STATE"

  write_node_etc "$root"
  mkdir -p "$root/.host"
  cd "$root"
  pivot_root . .host
  exec chroot . /usr/bin/env -i HOME=/root USER=root LANG=C.UTF-8 \
    PATH="$NODE_PATH" ROLE="$role" NIX_SSHOPTS="-F $STATE/ssh_config" \
    /bin/bash /testbed/init
}

# Reads the variables of node_init.
write_node_etc() {
  local root=$1 user
  cat >"$root/etc/nix/nix.conf" <<CONF
build-users-group = nixbld
trusted-users = root nix
allowed-users = *
sandbox = false
substituters =
experimental-features = nix-command flakes
max-jobs = $jobs
cores = $cores
system-features = $(tr , ' ' <<<"$features,$mandatory")
extra-platforms = $(tr , ' ' <<<"$systems")
$nix_extra
CONF
  printf '127.0.0.1 localhost %s\n::1 localhost\n' "$name" >"$root/etc/hosts"
  echo "$name" >"$root/etc/hostname"
  [[ ! -e /etc/resolv.conf ]] || cat /etc/resolv.conf >"$root/etc/resolv.conf"
  [[ $role != builder ]] || write_sshd_files "$root"

  cat >"$root/testbed/init" <<'INIT'
# PID 1 of the node: the kernel ends every other process of it when this exits.
umount -l /.host && rmdir /.host || exit 1
trap 'exit 0' TERM
cd /
nix-daemon &
if [[ $ROLE == builder ]]; then
  mkdir -p /run/sshd
  /usr/sbin/sshd -D -e &
fi
wait -n
echo "a service of this node ended with status $?"
exit 1
INIT
}

write_sshd_files() {
  local root=$1 user
  install -m 600 "$dir/hostkey" "$root/etc/ssh/ssh_host_ed25519_key"
  for user in nix guest; do
    install -d -m 700 "$root/home/$user/.ssh"
    install -m 600 "$STATE/id_ed25519.pub" "$root/home/$user/.ssh/authorized_keys"
    chroot "$root" chown -R "$user:$user" "/home/$user"
  done
  # For the first value of a keyword wins, the extra lines come first.
  # MaxStartups: sshd's default starts to drop at 10 connections under way, which stock Nix
  # with many jobs reaches. MaxSessions stays sshd's default, 10.
  cat >"$root/etc/ssh/sshd_config" <<CONF
$sshd_extra
ListenAddress 127.0.0.1
Port $port
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile none
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowUsers nix guest
MaxStartups 1000
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
CONF
  # 9.8 and later penalize hosts that connect without logging in; older ones do not know the word.
  if grep -aq PerSourcePenalties "$root/usr/sbin/sshd"; then
    echo 'PerSourcePenalties no' >>"$root/etc/ssh/sshd_config"
  fi
}
