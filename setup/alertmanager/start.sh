#!/bin/sh
# Alertmanager takes its password from a file only: it is made here, in memory, from the
# environment, before it starts.
set -eu
umask 077

cat >/tmp/web.yml <<WEB
basic_auth_users:
  admin: '$ALERTMANAGER_PASSWORD_BCRYPT'
WEB

exec /bin/alertmanager \
    --config.file=/etc/alertmanager/alertmanager.yml \
    --web.config.file=/tmp/web.yml \
    --storage.path=/alertmanager \
    --cluster.listen-address=
