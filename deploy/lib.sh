# shellcheck shell=bash
# What deploy/quickstart, Tests/run and .ci/run share. To be sourced; changes nothing by itself.

# Debian packages that the build needs, each with the reason.
# shellcheck disable=SC2034 # used by those who source this
BUILD_PACKAGES=(
  "binutils|the linker that swiftc calls"
  "libc6-dev|headers and start files of the C library"
  "libstdc++-12-dev|headers of the C++ library, for the door to simdjson"
  "git|SwiftPM fetches the dependencies with it"
  "ca-certificates|so that git and curl can verify https"
  "libcurl4-openssl-dev|libcurl, which calls the providers"
  "libhiredis-dev|hiredis, which reads the replies of Redis"
  "libsimdjson-dev|simdjson, which reads request bodies"
  "libyaml-dev|libyaml, which reads the configuration"
  "zlib1g-dev|zlib, which compresses cached answers"
  "libncurses6|a library of the Swift toolchain"
  "libsqlite3-0|a library of the Swift toolchain"
  "libxml2|a library of the Swift toolchain"
  "zlib1g|a library of the Swift toolchain"
  "tzdata|time zones, for Swift's Foundation"
)

# How programs are built to be run. The dependencies too go without checks of exclusive access, which Package.swift could say of
# our own targets only: in NIO they are a tenth of the instructions of an exchange. Debug builds, and so all tests, make them.
# shellcheck disable=SC2034
RELEASE_FLAGS=(-c release -Xswiftc -enforce-exclusivity=unchecked)

say() { printf '%s\n' "$@"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
  warn "$@"
  exit 1
}

# ---- Packages -------------------------------------------------------------------------------------------------

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Prints those of the "package|reason" arguments that are not installed.
missing_packages() {
  local entry
  for entry in "$@"; do
    is_installed "${entry%%|*}" || printf '%s\n' "$entry"
  done
}

# Sets AS_ROOT to what runs a command as root. Fails where nothing does: no root, and no sudo that could be answered.
find_root() {
  AS_ROOT=()
  [ "$(id -u)" = 0 ] && return
  command -v sudo >/dev/null || return 1
  AS_ROOT=(sudo)
  sudo -n true 2>/dev/null || [ -t 0 ]
}

# Prints the address of the Debian mirror that this system uses already.
debian_mirror() {
  local codename
  # shellcheck disable=SC1091 # of this system
  codename=$(. /etc/os-release && say "$VERSION_CODENAME")
  # shellcheck disable=SC2016 # apt-get's placeholders
  apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk -v wanted="$codename" '$2 == wanted { print $1; exit }'
}

# other_suite FOLDER SUITE deb|deb-src: sets OTHER_SUITE to options of apt-get for that suite of Debian, with lists of its own in
# FOLDER: the system's stay as they are.
other_suite() {
  local apt=$1
  mkdir -p "$apt"/{lists,cache/archives}/partial
  echo "$3 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_mirror) $2 main" >"$apt/list"
  OTHER_SUITE=(-qq -o "Dir::Etc::sourcelist=$apt/list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$apt/lists"
    -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
  apt-get "${OTHER_SUITE[@]}" update >&2
}

# Installs the packages named. A service that comes along is neither started now nor at the next boot.
apt_install() {
  # shellcheck disable=SC2016 # the inner shell's variables
  "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 bash -ec '
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      printf "#!/bin/sh\nexit 101\n" > "$policy"
      chmod 755 "$policy"
      trap "rm -f $policy" EXIT
    fi
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends "$@"
    for unit in redis-server nginx docker containerd etcd; do
      case " $* " in
        *" $unit"*)
          if command -v systemctl > /dev/null; then
            systemctl disable -q "$unit" || true
            if [ "$unit" = docker ]; then systemctl disable -q docker.socket || true; fi
          fi ;;
      esac
    done
  ' apt_install "$@"
}

# Installs those of the "package|reason" arguments that are missing, after saying what and why.
# MAY_INSTALL=no, or no way to become root, lists them and fails.
need_packages() {
  local missing names=() entry
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    warn "This system has no apt. Only Debian 12 was tried; there the packages needed are:"
    printf '  %s\n' "${@%%|*}" >&2
    return 1
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Missing Debian packages:"
  for entry in "${missing[@]}"; do
    names+=("${entry%%|*}")
    printf '  %-22s %s\n' "${entry%%|*}" "${entry#*|}"
  done
  if [ "${MAY_INSTALL:-yes}" != yes ]; then
    warn "Not installing, as asked. Install them by: apt-get install ${names[*]}"
    return 1
  fi
  if ! find_root; then
    warn "Installing needs root, and there is no sudo that works here. Install them by: apt-get install ${names[*]}"
    return 1
  fi
  say "Installing them with ${AS_ROOT[*]:+${AS_ROOT[*]} }apt-get; no service will be started."
  apt_install "${names[@]}" || {
    warn "apt-get could not install them. Its message above says why."
    return 1
  }
}

# ---- Swift ----------------------------------------------------------------------------------------------------

SWIFT_WANTED=6.3

# To be asked before anything is installed: without it there is no use in the rest.
find_swift() {
  command -v swift >/dev/null || die "There is no 'swift' in PATH. Install Swift $SWIFT_WANTED for Debian 12 (https://www.swift.org/install/linux)" \
    "and put its usr/bin in PATH, for instance: export PATH=/opt/swift/usr/bin:\$PATH"
}

# Needs the toolchain's libraries, which are among BUILD_PACKAGES.
need_swift() {
  local version
  version=$(swift --version 2>&1 | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | head -n 1) || true
  [ -n "$version" ] || die "'swift --version' failed: $(swift --version 2>&1 | head -n 1)"
  [ "$(printf '%s\n' "$SWIFT_WANTED" "$version" | sort -V | head -n 1)" = "$SWIFT_WANTED" ] ||
    die "Swift $SWIFT_WANTED or newer is needed, and $(command -v swift) is $version." \
      "Put the newer one first in PATH: export PATH=/opt/swift/usr/bin:\$PATH"
}

# ---- Kernel settings ------------------------------------------------------------------------------------------

# save_kernel FILE NAME…: what they are now, for restore_kernel; a name is a path in /proc/sys, and may be a pattern.
save_kernel() {
  local file=$1 name path
  shift
  for name in "$@"; do
    for path in /proc/sys/$name; do
      if [ -r "$path" ]; then say "$path $(cat "$path")"; fi
    done
  done >"$file"
}

# restore_kernel FILE: sets back those that are something else now.
restore_kernel() {
  local path value
  [ -e "$1" ] || return 0
  while read -r path value; do
    if [ -e "$path" ] && [ "$(cat "$path")" != "$value" ]; then
      (echo "$value" >"$path") 2>/dev/null || warn "$path could not be set back to $value."
    fi
  done <"$1"
  rm -f "$1"
}

# ---- Ports, processes, waiting --------------------------------------------------------------------------------

# Prints a port of 127.0.0.1 that nothing listens on, other than those given.
free_port() {
  local port tries
  for ((tries = 0; tries < 200; tries++)); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    [[ " $* " == *" $port "* ]] && continue
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || {
      echo "$port"
      return
    }
  done
  return 1
}

# Ends a process that this shell started: politely, and after five seconds for good.
stop_process() {
  local pid=$1 tries
  kill -TERM "$pid" 2>/dev/null || return 0
  for ((tries = 0; tries < 50; tries++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

# wait_for SECONDS PID COMMAND…: until the command succeeds; fails after the time, or once the process has ended.
wait_for() {
  local end=$((SECONDS + $1)) pid=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null || [ "$SECONDS" -ge "$end" ]; then return 1; fi
    sleep 0.1
  done
}

# ---- Kubernetes -----------------------------------------------------------------------------------------------

# Has a kubectl in PATH that renders what is in deploy/: that of 1.27 or newer. Debian 12 has an older one; the next release's is
# unpacked into .build, not installed.
find_kubectl() {
  if [ "$(kubectl_minor)" -ge 27 ]; then return; fi
  export PATH=$PWD/.build/kubernetes/bin:$PATH
  if [ "$(kubectl_minor)" -ge 27 ]; then return; fi
  rm -rf .build/kubernetes/unpacked
  mkdir -p .build/kubernetes/unpacked
  other_suite "$PWD/.build/kubernetes/apt" trixie deb || return 1
  (
    cd .build/kubernetes/unpacked
    apt-get "${OTHER_SUITE[@]}" download kubectl/trixie >&2 && dpkg-deb -x kubectl_*.deb .
  ) || return 1
  mkdir -p .build/kubernetes/bin
  mv .build/kubernetes/unpacked/usr/bin/kubectl .build/kubernetes/bin/
  rm -rf .build/kubernetes/unpacked
  hash -r
}

# Prints the minor number of the version, 0 where there is no such program.
kubectl_minor() {
  local version
  version=$(kubectl version --client -o json 2>/dev/null | sed -nE 's/.*"minor": "([0-9]+).*/\1/p')
  say "${version:-0}"
}

# ---- Python ---------------------------------------------------------------------------------------------------

# make_venv VENV [REQUIREMENTS]: a virtual environment with what Python tests need, or what is listed; anew when the list changes.
make_venv() {
  local venv=$1 list=${2:-Tests/ClientTests/requirements.txt} wanted
  wanted=$(sha256sum "$list") || return 1
  if [ "$(cat "$venv/made-from" 2>/dev/null)" = "$wanted" ]; then return 0; fi
  say "Making $venv from $list"
  rm -rf "$venv"
  python3 -m venv "$venv" || return 1
  "$venv/bin/pip" install -q --disable-pip-version-check -r "$list" || return 1
  printf '%s\n' "$wanted" >"$venv/made-from"
}
