#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes what compose.yaml needs and git must not know: certificates, passwords, folders for data.
# What is there already stays. NAME is the host name under which agents reach the broker.
set -eu
umask 077
cd "$(dirname "$0")"
[ $# = 1 ] || {
    echo "usage: $0 NAME    (as in: $0 thu-thap.example.vn)" >&2
    exit 2
}
[ "$(id -u)" != 0 ] || {
    echo "prepare.sh: the containers run as whoever calls this: call it as an ordinary user" >&2
    exit 1
}
name=$1
case $name in
*[!A-Za-z0-9.-]* | -* | .* | '')
    echo "prepare.sh: '$name' is not a host name: letters, digits, dots and hyphens" >&2
    exit 2
    ;;
esac
# shellcheck source=passwords.sh
. ./passwords.sh

certificates=state/certificates
mkdir -p "$certificates" state/secrets state/agents state/registry state/collector \
    state/speed-server state/mosquitto/data state/influxdb/data state/influxdb/config state/grafana

# An agent without a clock can't look at dates: the authority is our own, and lasts 20 years.
[ -e "$certificates/ca.crt" ] || {
    openssl ecparam -name prime256v1 -genkey -noout -out "$certificates/ca.key"
    openssl req -x509 -key "$certificates/ca.key" -days 7300 -subj "/CN=Sansang broker CA" \
        -addext keyUsage=critical,keyCertSign,cRLSign -out "$certificates/ca.crt"
}
[ -e "$certificates/server.crt" ] || {
    openssl ecparam -name prime256v1 -genkey -noout -out "$certificates/server.key"
    cat >"$certificates/extensions" <<EOF
subjectAltName = DNS:$name, DNS:localhost
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
EOF
    openssl req -new -key "$certificates/server.key" -subj "/CN=$name" |
        openssl x509 -req -days 3650 -extfile "$certificates/extensions" \
            -CA "$certificates/ca.crt" -CAkey "$certificates/ca.key" \
            -out "$certificates/server.crt"
    rm "$certificates/extensions"
}

for secret in collector_password grafana_password influxdb_password influxdb_token; do
    [ -e "state/secrets/$secret" ] || random_password >"state/secrets/$secret"
done
[ -e state/mosquitto/passwords ] || {
    : >state/mosquitto/passwords
    add_password collector state/secrets/collector_password
}
[ -e state/registry/registry.toml ] || echo "# Sites and agents: docs/architecture.md" \
    >state/registry/registry.toml
echo "SANSANG_USER=$(id -u):$(id -g)" >.env
echo "Ready. Next: docker compose up -d --build"
