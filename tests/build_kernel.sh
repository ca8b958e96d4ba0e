#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the kernel of the machines with simulated radios (tests/lab/vm.py) out of Debian's source,
# in three minutes, once a machine: it stays in the user's cache. Nothing is installed. Prints
# nothing where it is there; never fails: without it the tests that need it are skipped, and say so.
set -u
PATH="$PATH:/usr/sbin:/sbin"
config="$PWD/tests/lab/kernel.config"
[ "$(uname -m)" = x86_64 ] && command -v apt-get >/dev/null 2>&1 || exit 0
kernel=$(.venv/bin/python -m tests.lab.kernel)
[ ! -e "$kernel/linux" ] || exit 0

echo "Building a kernel with simulated radios (three minutes, once)"
mkdir -p .build "$kernel"
log="$PWD/.build/build-kernel.log"
work=$(mktemp -d "$kernel/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 0' HUP INT TERM
newest() { apt-cache depends linux-source 2>/dev/null | awk '/Depends:/ { print $2; exit }'; }
package=$(newest)
if [ -z "$package" ] && [ "$(id -u)" = 0 ]; then
    apt-get update -q >"$log" 2>&1
    package=$(newest)
fi
# Where time stands still but for who looks at the clock, a look is 4 µs instead of 0.256: programs
# that wait by looking (iperf3) get on sixteen times faster.
build() {
    apt-get download -q "$package" && dpkg -x ./*.deb . && rm ./*.deb &&
        tar --strip-components=1 -xf usr/src/linux-source-*.tar.xz &&
        sed -i '/#define TIMER_MULTIPLIER/s/256/4000/' arch/um/include/linux/time-internal.h &&
        make ARCH=um KCONFIG_ALLCONFIG="$config" allnoconfig &&
        make ARCH=um -j"$(nproc)" linux modules &&
        strip -S linux && mv drivers/net/wireless/mac80211_hwsim.ko linux "$kernel/"
}
(cd "$work" && build) >>"$log" 2>&1 || echo "It could not be built; .build/build-kernel.log says why."
exit 0
