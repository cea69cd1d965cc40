# shellcheck shell=bash
# Sourced by testbed.sh: the files by which clients reach the nodes.

# Written anew from the given nodes, in order.
write_client_files() {
  local node dir tmp
  mkdir -p "$STATE"/{nodes,share,bin}
  chmod 755 "$STATE" "$STATE/share"
  [[ -e $STATE/id_ed25519 ]] ||
    ssh-keygen -q -t ed25519 -N '' -C testbed -f "$STATE/id_ed25519"

  tmp=$(mktemp -d "$STATE/.tmp.XXXXXX")
  : >"$tmp/known_hosts"
  : >"$tmp/ssh_config"
  echo '# format: uri systems ssh-key max-jobs speed features mandatory host-key' |
    tee "$tmp/machines" "$tmp/machines-ng" >"$tmp/machines-guest"
  for node in "$@"; do
    dir=$(node_dir "$node")
    # shellcheck disable=SC1091
    (
      . "$dir/spec"
      [[ $role == builder ]] || exit 0
      [[ -e $dir/hostkey ]] ||
        ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$dir/hostkey"
      # For port 22 ssh looks up the bare address.
      [[ $port == 22 ]] && address=127.0.0.1 || address="[127.0.0.1]:$port"
      echo "$name,$address $(cut -d' ' -f1,2 "$dir/hostkey.pub")" >>"$tmp/known_hosts"
      cat >>"$tmp/ssh_config" <<CONF
Host $name $name-guest
  HostName 127.0.0.1
  Port $port
CONF
      all=$features${mandatory:+${features:+,}$mandatory}
      rest="$systems - $jobs $speed ${all:--} ${mandatory:--} -"
      echo "ssh://$name $rest" >>"$tmp/machines"
      echo "ssh-ng://$name $rest" >>"$tmp/machines-ng"
      echo "ssh-ng://$name-guest $rest" >>"$tmp/machines-guest"
    )
  done
  cat >>"$tmp/ssh_config" <<CONF
Host *-guest
  User guest
Host *
  User nix
  IdentityFile $STATE/id_ed25519
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile $STATE/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 10
  LogLevel ERROR
CONF
  write_enter "$tmp/enter"
  mv "$tmp"/* "$STATE/"
  rmdir "$tmp"
  write_wrappers
}

# The program that runs another one in a node; what `exec` and bin/ stand on.
write_enter() {
  cat >"$1" <<CONF
#!/bin/sh
# enter NODE CMD...: runs CMD as root in a running node, in this directory if it exists there.
node=\$1
shift
read -r pid start <'$STATE'/nodes/"\$node"/pid && kill -0 "\$pid" 2>/dev/null || {
  echo "testbed: node \$node is not running" >&2
  exit 69
}
exec nsenter --target "\$pid" --mount --uts --ipc --pid --root --wd \\
  /usr/bin/env -i HOME=/root USER=root LANG=C.UTF-8 TERM="\${TERM:-dumb}" \\
  PATH='$NODE_PATH' NIX_REMOTE="\${NIX_REMOTE:-}" NIX_CONFIG="\${NIX_CONFIG:-}" \\
  NIX_SSHOPTS='-F $STATE/ssh_config' \\
  /bin/sh -c 'cd "\$0" 2>/dev/null || cd /; exec "\$@"' "\$PWD" "\$@"
CONF
  chmod 755 "$1"
}

# The first client's Nix for the host.
write_wrappers() {
  local client program
  client=$(first_client)
  rm -f "$STATE"/bin/*
  [[ -n $client ]] || return 0
  for program in nix nix-build nix-daemon nix-instantiate nix-store; do
    printf '#!/bin/sh\nexec %s %s %s "$@"\n' "$STATE/enter" "$client" "$program" >"$STATE/bin/$program"
    chmod 755 "$STATE/bin/$program"
  done
}

first_client() {
  local name
  for name in $(known_nodes); do
    if grep -qx role=client "$(node_dir "$name")/spec"; then
      echo "$name"
      return
    fi
  done
}

# NAME=VALUE lines: what a program on the host needs to work as if it were on the first client.
client_environment() {
  local client pid
  echo "NIXREMOTE_TESTBED=$STATE"
  echo "NIX_SSHOPTS=-F $STATE/ssh_config"
  echo "NIX_CONFIG=builders = @$STATE/machines"
  client=$(first_client)
  if [[ -n $client ]] && pid=$(node_pid "$client"); then
    echo "NIX_DAEMON_SOCKET_PATH=/proc/$pid/root/nix/var/nix/daemon-socket/socket"
  fi
}

cmd_env() {
  local line
  [[ -e $STATE/ssh_config ]] || die "nothing here yet; run: $SELF up"
  client_environment | while read -r line; do
    printf 'export %s=%q\n' "${line%%=*}" "${line#*=}"
  done
  # shellcheck disable=SC2016
  printf 'export PATH=%q:"$PATH"\n' "$STATE/bin"
}

# Names, paths and lists here hold no character that JSON escapes (see parse_node,
# check_state_path), but for the environment's, which have none either.
write_json() {
  local name client separator=''
  client=$(first_client)
  {
    printf '{\n  "directory": "%s",\n  "script": "%s",\n' "$STATE" "$SELF"
    printf '  "client": %s,\n' "${client:+\"}${client:-null}${client:+\"}"
    printf '  "environment": {'
    client_environment | while read -r name; do
      printf '%s\n    "%s": "%s"' "$separator" "${name%%=*}" "${name#*=}"
      separator=,
    done
    printf '\n  },\n  "nodes": ['
    for name in $(known_nodes); do
      # shellcheck disable=SC1091
      (
        . "$(node_dir "$name")/spec"
        pid=$(node_pid "$name") || pid=null
        printf '%s\n    { "name": "%s", "role": "%s", "nix": "%s", "port": %s, "pid": %s' \
          "$separator" "$name" "$role" "$(<"$base/nix-version")" "$port" "$pid"
        printf ', "jobs": %s, "speed": %s, "features": %s, "mandatory": %s, "systems": %s }' \
          "$jobs" "$speed" "$(json_list "$features")" "$(json_list "$mandatory")" "$(json_list "$systems")"
      )
      separator=,
    done
    printf '\n  ]\n}\n'
  } >"$STATE/.testbed.json"
  mv "$STATE/.testbed.json" "$STATE/testbed.json"
}

json_list() {
  local item list=''
  for item in $(tr , ' ' <<<"$1"); do list+="${list:+, }\"$item\""; done
  echo "[$list]"
}
