#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the agent of this checkout into /opt/sansang, or brings it up to date. Run it as root.
# Settings and what waits in the outbox stay as they are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=/opt/sansang/bin/python

complain() {
    echo "install.sh: $1" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || complain "only root may install: sudo $0"
python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    complain "Python 3.11 or newer with venv is needed: apt-get install python3-venv"

id sansang >/dev/null 2>&1 ||
    useradd --system --user-group --home-dir /var/lib/sansang --shell /usr/sbin/nologin sansang
[ -x "$python" ] || python3 -m venv /opt/sansang
"$python" -m pip install --quiet --require-hashes -r "$here/requirements.lock"

# Built in a copy: a checkout holds what git knows, and belongs to whom it belonged.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R "$root/wire" "$root/agent" "$copy"
/opt/sansang/bin/pybabel --quiet compile -D sansang_agent -d "$copy/agent/sansang_agent/locale"
"$python" -m pip install --quiet --no-deps --no-build-isolation --force-reinstall \
    "$copy/wire" "$copy/agent"

install -d -m 0755 /etc/sansang
install -d -m 0750 -o sansang -g sansang /var/lib/sansang
install -m 0644 "$here/sansang-agent.service" "$here/sansang-agent-helper.socket" \
    "$here/sansang-agent-helper@.service" /etc/systemd/system/
install -m 0644 "$here/50-sansang-ping.conf" /etc/sysctl.d/
systemctl enable --quiet sansang-agent
if [ ! -d /run/systemd/system ]; then
    echo "Installed. The agent starts with the next boot, if /etc/sansang/agent.toml is there."
    exit
fi

sysctl --quiet --load /etc/sysctl.d/50-sansang-ping.conf
systemctl daemon-reload
if [ -e /etc/sansang/agent.toml ]; then
    systemctl restart sansang-agent
    echo "Installed and started: journalctl -u sansang-agent shows what it says."
else
    echo "Installed. Now write /etc/sansang/agent.toml, then: systemctl start sansang-agent"
fi
