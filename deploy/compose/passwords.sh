# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What prepare.sh and enrol.sh share; both stand in the folder of this file.

random_password() {
    openssl rand -hex 24
}

# add_password USER FILE: let Mosquitto take the password in FILE for USER. It never stands on a
# command line, where others could read it.
add_password() {
    fresh=state/mosquitto/fresh
    printf '%s:%s\n' "$1" "$(cat "$2")" >"$fresh"
    if command -v mosquitto_passwd >/dev/null 2>&1; then
        mosquitto_passwd -U "$fresh"
    else
        docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD/state/mosquitto:/work" \
            eclipse-mosquitto:2.0.22 mosquitto_passwd -U /work/fresh
    fi
    cat "$fresh" >>state/mosquitto/passwords
    rm "$fresh"
}
