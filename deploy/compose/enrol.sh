#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Gives an agent a password for the broker: in state/agents/ID.password, to be put on its box.
set -eu
umask 077
cd "$(dirname "$0")"
[ $# = 1 ] || {
    echo "usage: $0 ID    (as in: $0 nvh-thon-dong-1)" >&2
    exit 2
}
agent=$1
case $agent in
*[!a-z0-9-]* | -* | *- | collector | '')
    echo "enrol.sh: '$agent' is not an agent id: a-z, 0-9 and inner hyphens; 'collector' is taken" >&2
    exit 2
    ;;
esac
[ -e state/mosquitto/passwords ] || {
    echo "enrol.sh: there is no broker yet: ./prepare.sh NAME first" >&2
    exit 1
}
if grep -q "^$agent:" state/mosquitto/passwords; then
    echo "enrol.sh: $agent has a password already: take its line out of state/mosquitto/passwords first" >&2
    exit 1
fi
# shellcheck source=passwords.sh
. ./passwords.sh

random_password >"state/agents/$agent.password"
add_password "$agent" "state/agents/$agent.password"
echo "Put state/agents/$agent.password and state/certificates/ca.crt on the box, then have the"
echo "broker read its passwords again: docker compose kill --signal HUP mosquitto"
