#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages whose programs the tests run, where it may do so without asking; with
# `lab` also those of the heavy tests (browser, virtual machine with radios).
# Never fails: a test whose server is missing is skipped, and says so.
set -u
PATH="$PATH:/usr/sbin:/sbin"

missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need mosquitto mosquitto
need influxd influxdb
need victoria-metrics victoria-metrics
need ip iproute2
need ping iputils-ping
need fping fping
need ethtool ethtool
need rdisc6 ndisc6
need nft nftables
need tracepath iputils-tracepath
need traceroute traceroute
need radvd radvd
need dnsmasq dnsmasq-base
need upsd nut-server
need dig bind9-dnsutils
need unbound unbound
need tayga tayga
need openssl openssl
need iperf3 iperf3
need systemd-analyze systemd
need shellcheck shellcheck
if [ "${1:-}" = lab ]; then
    need hostapd hostapd
    need wpa_supplicant wpasupplicant
    [ -e /lib/firmware/regulatory.db ] || missing="$missing wireless-regdb"
    need iw iw
    need insmod kmod
    # What a kernel is built with.
    need gcc gcc
    need make make
    need flex flex
    need bison bison
    need bc bc
    need xz xz-utils
    [ -e /usr/include/stdio.h ] || missing="$missing libc6-dev"
    need chromium chromium
    need npm npm
    fc-list :lang=vi 2>/dev/null | grep -q . || missing="$missing fontconfig fonts-noto-core"
fi
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Some tests will be skipped. They need the programs of these Debian packages:$missing"
    exit 0
fi
if [ "$(id -u)" = 0 ]; then
    as_root() { "$@"; }
elif sudo -n true 2>/dev/null; then
    as_root() { sudo -n "$@"; }
else
    echo "Some tests will be skipped. To run them, too: sudo apt-get install --no-install-recommends$missing"
    exit 0
fi

# The tests start servers of their own, on free ports: those of the system must not start, neither
# now (policy-rc.d) nor with the next boot (disable).
policy=/usr/sbin/policy-rc.d
ours=""
clean_up() { [ -z "$ours" ] || as_root rm -f "$policy"; }
trap clean_up EXIT
trap 'exit 0' HUP INT TERM
if [ ! -e "$policy" ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
fi
get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" \
        >>"$log" 2>&1
}
mkdir -p .build
log=.build/install-servers.log
echo "Installing for the tests:$missing"
as_root apt-get update -q >"$log" 2>&1
# shellcheck disable=SC2086 # a list of words
if ! get $missing; then
    for package in $missing; do
        get "$package" || echo "$package could not be installed; $log says why."
    done
fi
if command -v systemctl >/dev/null 2>&1; then
    for package in $missing; do
        case $package in
        mosquitto | influxdb | victoria-metrics | hostapd | nut-server | unbound | tayga | nftables)
            as_root systemctl disable "$package" >>"$log" 2>&1
            ;;
        wpasupplicant)
            as_root systemctl disable wpa_supplicant >>"$log" 2>&1
            ;;
        esac
    done
fi
exit 0
