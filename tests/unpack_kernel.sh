#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Unpacks Debian's kernel into .build/vm, for the virtual machine of tests/lab/vm.py; nothing is
# installed. Never fails: without it the tests that need it are skipped, and say so.
set -u
PATH="$PATH:/usr/sbin:/sbin"
vm=.build/vm
[ -z "$(ls $vm/boot/vmlinuz-* 2>/dev/null)" ] || exit 0
command -v apt-get >/dev/null 2>&1 && [ "$(dpkg --print-architecture)" = amd64 ] || exit 0

echo "Fetching a kernel for the virtual machine with radios"
rm -rf $vm.new && mkdir -p $vm.new
newest() { apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends:/ { print $2; exit }'; }
package=$(newest)
if [ -z "$package" ] && [ "$(id -u)" = 0 ]; then
    apt-get update -q >.build/unpack-kernel.log 2>&1
    package=$(newest)
fi
(
    cd $vm.new && apt-get download -q "$package" && dpkg -x ./*.deb . && rm ./*.deb &&
        depmod -b . "$(ls lib/modules)"
) >>.build/unpack-kernel.log 2>&1 && rm -rf $vm && mv $vm.new $vm && exit 0
echo "It could not be fetched; .build/unpack-kernel.log says why."
exit 0
