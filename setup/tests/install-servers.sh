#!/bin/sh
# What the tests need beside .venv: a MariaDB server, Chromium, and the tools that judge
# the files of Prometheus and Alertmanager. Installs what is missing on Debian and Ubuntu
# as root, without starting a service; elsewhere says what to install and exits 1. Does
# nothing, quickly, where all are there.
set -eu

has() { # also where a user's PATH does not lead
    for folder in $(echo "$PATH" | tr ':' ' ') /usr/sbin /usr/local/sbin /usr/libexec; do
        [ -x "$folder/$1" ] && return 0
    done
    return 1
}

packages=""
if ! has mariadbd || ! has mariadb-install-db; then packages="$packages mariadb-server"; fi
if ! has chromium && ! has chromium-browser && ! has google-chrome; then
    packages="$packages chromium"
fi
has promtool || packages="$packages prometheus"
has amtool || packages="$packages prometheus-alertmanager"
[ -n "$packages" ] || exit 0

if [ "$(id -u)" != 0 ] || ! has apt-get; then
    cat >&2 <<TELL
The tests start private servers of their own and need:$packages
  Debian, Ubuntu:  sudo apt-get install$packages
  Fedora:          sudo dnf install$packages
  macOS:           brew install mariadb prometheus alertmanager && brew install --cask chromium
No service has to run: \`sudo systemctl disable --now mariadb\` is fine.
TELL
    exit 1
fi

# 101 from policy-rc.d means "do not start it": the tests start their own servers.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
echo "Installing for the tests:$packages"
apt-get -qq update || echo "apt-get update failed; trying with the lists there are" >&2
# shellcheck disable=SC2086  # one word per package
apt-get -qq -y --no-install-recommends -o Dpkg::Options::=--force-confold \
    -o Dpkg::Use-Pty=0 install $packages >/dev/null
