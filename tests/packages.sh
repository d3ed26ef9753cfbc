#!/usr/bin/env bash
# Installs the Debian packages of the programs that the tests talk to. Run it as root on a machine
# for tests: the tests start redis and nginx by themselves, on free ports, and this script starts no
# service. A second call finds everything there and does nothing.
set -euo pipefail

packages=(
    curl             # fetches from a server written with the steps
    netcat-openbsd   # TCP and UDP both ways, half-close
    socat            # datagrams of every size, IPv6
    redis-server     # a real server for a client written with the steps
    nginx-light      # a real web server
    haproxy          # what the TCP relay is measured beside
    iperf3           # TCP and UDP streams that check themselves, through a relay
    strace           # which system calls a step makes
    iproute2         # ss, and addresses for the tests
    tshark           # reads our captures, and writes one that we read
    g++              # programs in C++ and C that are checked as answers to exercises
    python3-scapy    # a second opinion on packets, asked in a process of its own
    chromium         # draws the pictures
    fonts-dejavu-core
)

missing=()
for package in "${packages[@]}"; do
    if [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" != "install ok installed" ]; then
        missing+=("$package")
    fi
done
if [ "${#missing[@]}" -eq 0 ]; then
    echo "packages for the tests: all installed"
    exit 0
fi

# Debian starts a service as soon as its package is installed, unless this file says no (101). One
# that is there already is the machine's own, and stays.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
elif ! grep -q 'exit 101' "$policy"; then
    echo "warning: $policy is there and may let redis and nginx start as services" >&2
fi

export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes
apt=(apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0)
"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null
echo "packages for the tests: installed ${missing[*]}"
