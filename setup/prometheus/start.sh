#!/bin/sh
# Prometheus takes its passwords from files only: they are made here, in memory, from the
# environment, before it starts.
set -eu
umask 077

cat >/tmp/web.yml <<WEB
basic_auth_users:
  admin: '$PROMETHEUS_PASSWORD_BCRYPT'
WEB
printf %s "$PROMETHEUS_PASSWORD" >/tmp/prometheus-password
printf %s "$ALERTMANAGER_PASSWORD" >/tmp/alertmanager-password

exec /bin/prometheus \
    --config.file=/etc/prometheus/prometheus.yml \
    --web.config.file=/tmp/web.yml \
    --storage.tsdb.path=/prometheus \
    --storage.tsdb.retention.time=30d \
    --storage.tsdb.retention.size=4GB \
    --enable-feature=exemplar-storage
