# shellcheck shell=bash
# Sourced by testbed.sh: the read-only Debian roots that the nodes stand on, one a suite,
# each with the Nix of that suite. Made with the host's apt, without a maintainer script.

# What the suites had when this was written; another version only warns.
declare -A EXPECTED_NIX=([bookworm]=2.8.0 [trixie]=2.26.3 [sid]=2.34.8)

# Everything the roots are made of, besides its dependencies.
ROOT_PACKAGES='nix-bin openssh-server openssh-client base-files bash dash coreutils sed grep
  gawk findutils diffutils tar gzip xz-utils zstd procps hostname mount util-linux libc-bin
  login libfaketime'
ROOT_FORMAT=3 # raise when make_root changes what it makes

# Suite $1's root: DIR/root, DIR/packages, DIR/nix-version.
root_dir() { echo "$STATE/roots/$1-$ROOT_FORMAT"; }

# The archive that the host's own apt takes 'main' from.
debian_mirror() {
  local mirror=${NIXREMOTE_TESTBED_MIRROR:-}
  # shellcheck disable=SC2016
  [[ -n $mirror ]] ||
    mirror=$(apt-get indextargets --format '$(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
      awk '$1 == "main" && $2 !~ /security/ { sub("/$", "", $2); print $2; exit }')
  [[ -n $mirror ]] || die "apt has no Debian archive here; name one in NIXREMOTE_TESTBED_MIRROR"
  echo "$mirror"
}

# Makes the missing roots of the given suites, at the same time.
make_roots() {
  local suite failed='' mirror='' version
  local -A job=()
  for suite in "$@"; do
    [[ -e $(root_dir "$suite") || -n ${job[$suite]:-} ]] && continue
    [[ -n $mirror ]] || mirror=$(debian_mirror)
    mkdir -p "$STATE/roots"
    say "making the $suite root (log: $STATE/roots/$suite.log)"
    set -m # a process group for each
    make_root "$suite" "$mirror" >"$STATE/roots/$suite.log" 2>&1 </dev/null &
    set +m
    job[$suite]=$!
  done
  # An interrupt ends this shell, and must end what it waits for.
  # shellcheck disable=SC2064
  ((${#job[@]} == 0)) || trap "kill -- ${job[*]/#/-} 2>/dev/null || true" EXIT
  for suite in "${!job[@]}"; do
    wait "${job[$suite]}" || {
      failed+=" $suite"
      say "making the $suite root failed; the end of its log:"
      tail -n 15 "$STATE/roots/$suite.log" | sed 's/^/  | /' >&2
    }
  done
  trap - EXIT
  [[ -z $failed ]] || die "no root for:$failed (is $mirror reachable?)"
  for suite in "${!job[@]}"; do
    version=$(<"$(root_dir "$suite")/nix-version")
    [[ ${EXPECTED_NIX[$suite]:-$version} == "$version" ]] ||
      say "warning: $suite now has Nix $version, not ${EXPECTED_NIX[$suite]}"
  done
}

# Downloads the packages and their dependencies for suite $1 from mirror $2 with the host's
# apt (its own lists and an empty dpkg status; the host's are untouched) and unpacks them.
# debootstrap cannot do it: its resolver does not see that perl provides perl-dbdabi-94,
# which nix-bin needs.
make_root() {
  local suite=$1 mirror=$2 final work apt root deb dir version
  final=$(root_dir "$suite")
  work=$STATE/roots/.new-$suite apt=$work/apt root=$work/root
  rm -rf "$work"
  mkdir -p "$apt"/{lists/partial,archives/partial} "$root"

  echo "deb [signed-by=$KEYRING] $mirror $suite main" >"$apt/sources.list"
  : >"$apt/status"
  {
    apt-config dump Acquire::http 2>/dev/null || true # the host's proxy, if any
    apt-config dump Acquire::https 2>/dev/null || true
    cat <<CONF
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Cache::archives "$apt/archives";
Dir::Log "$apt";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Get::AllowUnauthenticated "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "3";
// A frozen mirror serves a sid whose Release file has expired; signatures are still checked.
Acquire::Check-Valid-Until "false";
CONF
  } >"$apt/apt.conf"

  APT_CONFIG=$apt/apt.conf apt-get -q update
  # shellcheck disable=SC2086
  APT_CONFIG=$apt/apt.conf DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y --download-only install $ROOT_PACKAGES

  mkdir -p "$root/usr"
  for dir in bin sbin lib lib64; do
    mkdir "$root/usr/$dir"
    ln -s "usr/$dir" "$root/$dir"
  done
  for deb in "$apt"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" |
      tar -x --keep-directory-symlink -C "$root" \
        --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' \
        --exclude='./usr/share/info/*' --exclude='./usr/share/locale/*'
    # shellcheck disable=SC2016
    dpkg-deb --show --showformat='${Package} ${Version} ${Architecture}\n' "$deb"
  done >"$work/packages"
  chroot "$root" /usr/sbin/ldconfig
  [[ -e $root/usr/bin/awk ]] || ln -s gawk "$root/usr/bin/awk"

  write_root_etc "$root"

  version=$(awk '$1 == "nix-bin" { print $2 }' "$work/packages")
  echo "${version%%[+-]*}" >"$work/nix-version"
  rm -rf "$apt"
  mv "$work" "$final"
}

# The accounts and directories that maintainer scripts would have made.
# Password '*': no password login, yet not "locked" in sshd's eyes.
write_root_etc() {
  local root=$1 i members=''
  {
    echo 'root:*:0:0:root:/root:/bin/bash'
    echo 'nobody:*:65534:65534:nobody:/nonexistent:/usr/sbin/nologin'
    echo 'sshd:*:100:65534::/run/sshd:/usr/sbin/nologin'
    echo 'nix:*:1000:1000:trusted:/home/nix:/bin/bash'
    echo 'guest:*:1001:1001:not trusted:/home/guest:/bin/bash'
    for ((i = 1; i <= 32; i++)); do
      echo "nixbld$i:*:$((30000 + i)):30000::/var/empty:/usr/sbin/nologin"
      members+="${members:+,}nixbld$i"
    done
  } >"$root/etc/passwd"
  {
    echo 'root:*:0:'
    echo 'tty:*:5:'
    echo 'nogroup:*:65534:'
    echo 'nix:*:1000:'
    echo 'guest:*:1001:'
    echo "nixbld:*:30000:$members"
  } >"$root/etc/group"
  printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' >"$root/etc/nsswitch.conf"
  install -d -m 755 "$root/var/empty" "$root/etc/nix" "$root/testbed"
  install -d -m 700 -o 1000 -g 1000 "$root/home/nix"
  install -d -m 700 -o 1001 -g 1001 "$root/home/guest"
  install -d -m 1777 "$root/tmp" "$root/var/tmp"
  install -d -m 1775 -g 30000 "$root/nix/store"
  rm -f "$root"/etc/ssh/ssh_host_*
}
