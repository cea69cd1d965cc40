#!/usr/bin/env bash
#
# testbed.sh - real Nix remote builders, of several Nix versions, behind real sshds on
# loopback, and a client with a real Nix beside them; made only from Debian packages.
#
# Each NODE is a small container (mount + pid + uts + ipc namespaces, pivot_root; the
# network is the host's) over a read-only Debian root shared by all nodes of the same
# suite, and has its own /nix/store, nix-daemon, nixbld users, nix.conf and host key.
# A BUILDER node also runs an sshd on 127.0.0.1:PORT, so that the host and the other nodes
# reach it as ssh://NAME and ssh-ng://NAME. A CLIENT node has no sshd: it is the machine
# that asks for builds. The host itself needs no Nix; bin/ lends it the first client's.
#
# Usage: testbed.sh VERB [ARGS]
#
#   up [--builders 'NODE...'] [--clients 'NODE...']
#                     Make exactly these nodes run (others are stopped). With no options:
#                     the last list used, or b28 b226 b234 (Nix 2.8.0, 2.26.3, 2.34.8) and
#                     the client c234 (Nix 2.34.8).
#   down              Stop every node. Stores are kept for the next `up`.
#   running           Exit status 0 if every node of the last `up` runs.
#   stop NAME...      Kill these nodes only, as if the machine had died.
#   start NAME...     Start these nodes again, with their stores.
#   reset NAME...     Restart these nodes with an empty store.
#   purge             down, then delete all state, the Debian roots included.
#   status            What runs: version, port, pid, number of store paths.
#   env               Shell settings for the host:  eval "$(testbed.sh env)"
#   exec NAME CMD...  Run CMD as root in node NAME (in $PWD if the node has it).
#   log NAME          The node's log (nix-daemon and sshd).
#
# NODE = NAME:SUITE[,KEY=VALUE...]      (list values are separated by '+')
#   port=N            sshd's port (default: first port + position)
#   jobs=N            max-jobs, here and in the machines files (default 2)
#   cores=N           cores in nix.conf (default 1)
#   speed=N           speed factor in the machines files (default 1)
#   features=A+B      supported features: machines files and system-features
#   mandatory=A+B     mandatory features (also made supported)
#   systems=A+B       platforms (default: this machine's); foreign ones are only claimed
#                     (extra-platforms), nothing is emulated
#
# Written under the state directory:
#   testbed.json      all of this for programs: nodes, ports, pids, paths, environment
#   ssh_config known_hosts id_ed25519[.pub]   ssh -F ssh_config NAME nix --version
#                     (NAME logs in as `nix`, a trusted user; NAME-guest as `guest`, who is
#                     not in trusted-users)
#   machines machines-ng machines-guest       builders in the legacy format, over ssh://,
#                     over ssh-ng://, and over ssh-ng:// as the untrusted user
#   bin/              nix, nix-build, nix-daemon, nix-instantiate, nix-store: the client's,
#                     for the host
#   share/            the same directory on the host and in every node
#
# Environment:
#   NIXREMOTE_TESTBED            state directory (default ~/.cache/nix-testbed)
#   NIXREMOTE_TESTBED_PORT       first sshd port (default 22800)
#   NIXREMOTE_TESTBED_MIRROR     Debian mirror   (default: the one the host's apt uses)
#   NIXREMOTE_TESTBED_NIX_CONF   extra nix.conf lines for nodes, e.g. 'sandbox = true'
#   NIXREMOTE_TESTBED_SSHD_CONF  extra sshd_config lines for nodes; these win over ours
#
# Needs root, a Debian-like system and the right to mount in new namespaces; installs the
# Debian packages that it lacks. A node takes at most 32 jobs at a time (32 nixbld users).

set -Eeuo pipefail
shopt -s inherit_errexit
trap 'echo "testbed: line $LINENO: failed ($?): $BASH_COMMAND" >&2' ERR

SELF=$(readlink -f "${BASH_SOURCE[0]}")
STATE=${NIXREMOTE_TESTBED:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/nix-testbed}
FIRST_PORT=${NIXREMOTE_TESTBED_PORT:-22800}
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
NODE_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

DEFAULT_BUILDERS='b28:bookworm b226:trixie,features=benchmark b234:sid,features=big-parallel'
DEFAULT_CLIENTS='c234:sid'

say() { echo "testbed: $*" >&2; }
die() { trap - ERR; echo "testbed: error: $*" >&2; exit 1; }

# shellcheck source=tests/testbed/debian-root.sh
. "${SELF%/*}/debian-root.sh"
# shellcheck source=tests/testbed/node.sh
. "${SELF%/*}/node.sh"
# shellcheck source=tests/testbed/client-files.sh
. "${SELF%/*}/client-files.sh"

# --- preconditions -----------------------------------------------------------

check_state_path() {
  # The path goes into overlay mount options, ssh_config and NIX_SSHOPTS, which split at
  # colons, commas and white space.
  [[ $STATE == /* ]] || die "NIXREMOTE_TESTBED must be absolute: $STATE"
  [[ $STATE =~ ^[A-Za-z0-9._/@+-]+$ ]] ||
    die "NIXREMOTE_TESTBED has a character that mount or ssh options cannot carry: $STATE"
}

check_host() {
  [[ $(uname -s) == Linux ]] || die "the test bed needs Linux"
  [[ $EUID -eq 0 ]] || die "must be root (namespaces, mounts, nixbld users)"
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    die "needs a Debian-like system: the builders are made of Debian packages"
  install_missing
  unshare --mount --pid --uts --ipc --fork --propagation private \
    mount -t proc proc /proc 2>/dev/null ||
    die "this machine does not allow mounts in a new mount + pid namespace"
}

install_missing() {
  local pair
  local -a missing=()
  for pair in tar:tar awk:gawk unshare:util-linux nsenter:util-linux setsid:util-linux \
    flock:util-linux pivot_root:util-linux mount:mount hostname:hostname \
    ssh:openssh-client ssh-keygen:openssh-client; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  [[ -r $KEYRING ]] || missing+=(debian-archive-keyring)
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  { apt-get -q update && DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y install --no-install-recommends "${missing[@]}"; } </dev/null >&2 ||
    die "could not install the packages: ${missing[*]}"
}

lock() {
  mkdir -p "$STATE"
  exec {LOCK}>"$STATE/lock"
  flock -n "$LOCK" && return 0
  say "waiting for another testbed.sh (lock $STATE/lock)"
  flock -w 600 "$LOCK" || die "another testbed.sh still holds $STATE/lock"
}

# --- processes: only those we started ------------------------------------------

# A pid file holds "PID STARTTIME"; the start time tells a recycled pid apart.
start_time() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  # The second field, in parentheses, may hold spaces: count from behind it.
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  [[ $1 != Z ]] || return 1
  echo "${20}"
}

record_pid() { echo "$1 $(start_time "$1")" >"$2"; }

# Prints the pid recorded in file $1 if that very process still lives.
live_pid() {
  local pid start
  [[ -s $1 ]] || return 1
  read -r pid start <"$1" || return 1
  [[ -n $start && $(start_time "$pid" || true) == "$start" ]] || return 1
  echo "$pid"
}

# TERM, then KILL, the process recorded in file $1.
end_recorded() {
  local pid i
  if pid=$(live_pid "$1"); then
    kill -TERM "$pid" 2>/dev/null || true
    for ((i = 0; i < 50; i++)); do
      live_pid "$1" >/dev/null || break
      sleep 0.05
    done
    if live_pid "$1" >/dev/null; then
      kill -KILL "$pid" 2>/dev/null || true
      for ((i = 0; i < 100; i++)); do
        live_pid "$1" >/dev/null || break
        sleep 0.05
      done
      live_pid "$1" >/dev/null && die "process $pid ($1) does not die"
    fi
  fi
  rm -f "$1"
}

# --- verbs ---------------------------------------------------------------------------

# The names of the nodes of the last `up`, in its order.
known_nodes() {
  local name
  [[ -e $STATE/nodes.order ]] || return 0
  while read -r name; do echo "$name"; done <"$STATE/nodes.order"
}

cmd_up() {
  local builders='' clients='' given=''
  while (($#)); do
    case $1 in
      --builders) builders=${2?--builders wants a list}; given=1; shift 2 ;;
      --clients) clients=${2?--clients wants a list}; given=1; shift 2 ;;
      *) die "up: unknown argument '$1'" ;;
    esac
  done
  check_host
  lock
  if [[ -z $given ]]; then
    if [[ -e $STATE/nodes.list ]]; then
      { read -r builders; read -r clients; } <"$STATE/nodes.list"
    else
      builders=$DEFAULT_BUILDERS clients=$DEFAULT_CLIENTS
    fi
  fi

  local spec role index=0 text name dir base
  local -a names=() suites=()
  local -A specs=()
  for role in builder client; do
    for spec in $([[ $role == builder ]] && echo "$builders" || echo "$clients"); do
      text=$(parse_node "$role" "$index" "$spec") || { trap - ERR; exit 1; }
      index=$((index + 1))
      name=$(sed -n 's/^name=//p' <<<"$text")
      [[ -z ${specs[$name]:-} ]] || die "two nodes are named '$name'"
      names+=("$name")
      specs[$name]=$text
      suites+=("$(sed -n 's/^suite=//p' <<<"$text")")
    done
  done
  ((${#names[@]})) || die "up: no nodes"

  make_roots "${suites[@]}"

  # Stop what is no longer wanted, or wanted otherwise.
  for dir in "$STATE"/nodes/*/; do
    [[ -e $dir/spec ]] || continue
    name=$(basename "$dir")
    [[ ${specs[$name]:-} != "$(<"$dir/spec")" ]] || continue
    stop_node "$name"
    rm "$dir/spec"
  done
  for name in "${names[@]}"; do
    dir=$(node_dir "$name")
    mkdir -p "$dir"
    printf '%s\n' "${specs[$name]}" >"$dir/spec"
    # A store made over another base cannot be kept.
    base=$(sed -n 's/^base=//p' "$dir/spec")
    [[ ! -e $dir/made-over || $(<"$dir/made-over") == "$base" ]] || wipe_node "$name"
    echo "$base" >"$dir/made-over"
  done
  printf '%s\n' "$builders" "$clients" >"$STATE/nodes.list"
  printf '%s\n' "${names[@]}" >"$STATE/nodes.order"

  write_client_files "${names[@]}"
  for name in "${names[@]}"; do start_node "$name"; done
  wait_ready "${names[@]}"
  write_json
  cmd_status
}

need_node() { [[ -e $(node_dir "$1")/spec ]] || die "no node '$1' (see: status)"; }

cmd_down() {
  local name
  rm -f "$STATE/testbed.json"
  for name in $(known_nodes); do stop_node "$name"; done
}

cmd_running() {
  local name
  [[ -e $STATE/testbed.json ]] || return 1
  for name in $(known_nodes); do node_pid "$name" >/dev/null || return 1; done
}

cmd_status() {
  local name
  printf '%-10s %-8s %-9s %-8s %-6s %-6s %-8s %s\n' NODE ROLE SUITE NIX PORT STATE PID PATHS
  for name in $(known_nodes); do
    # shellcheck disable=SC1091
    (
      . "$(node_dir "$name")/spec"
      state=down pid=- paths=-
      if pid=$(node_pid "$name"); then
        state=up
        paths=$(find "/proc/$pid/root/nix/store" -mindepth 1 -maxdepth 1 \
          ! -name '.*' ! -name '*.lock' | wc -l)
      else
        pid=-
      fi
      printf '%-10s %-8s %-9s %-8s %-6s %-6s %-8s %s\n' "$name" "$role" "$suite" \
        "$(cat "$base/nix-version" 2>/dev/null || echo '?')" "$port" "$state" "$pid" "$paths"
    )
  done
  echo "state: $STATE"
}

main() {
  local verb=${1:-help} name
  (($#)) && shift
  check_state_path
  case $verb in
    up) cmd_up "$@" ;;
    down) lock; cmd_down ;;
    running) trap - ERR; cmd_running ;;
    stop)
      lock
      for name; do need_node "$name"; stop_node "$name"; done
      write_json ;;
    start)
      lock
      for name; do need_node "$name"; start_node "$name"; done
      wait_ready "$@"
      write_json ;;
    reset)
      lock
      for name; do need_node "$name"; wipe_node "$name"; start_node "$name"; done
      wait_ready "$@"
      write_json ;;
    purge) lock; cmd_down; rm -rf "$STATE" ;;
    status) cmd_status ;;
    env) cmd_env ;;
    exec)
      (($# >= 2)) || die "usage: exec NAME CMD..."
      need_node "$1"
      exec "$STATE/enter" "$@" ;;
    log) need_node "${1:?log wants a node}"; cat "$(node_dir "$1")/log" ;;
    __init) node_init "$@" ;;
    help | -h | --help) sed -n '2,/^$/s/^# \{0,1\}//p' "$SELF" ;;
    *) die "unknown verb '$verb' (try: help)" ;;
  esac
}

main "$@"
