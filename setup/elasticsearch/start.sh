#!/bin/sh
# Users of the services beside `elastic`, made by Elasticsearch's own tool before it starts:
# they stand in its files, so no request has to be sent once it is up.
set -eu
cd /usr/share/elasticsearch

user() { # NAME PASSWORD ROLE
    bin/elasticsearch-users userdel "$1" >/dev/null 2>&1 || true
    bin/elasticsearch-users useradd "$1" -p "$2" -r "$3"
}
user kibana_server "$KIBANA_SYSTEM_PASSWORD" kibana_system
user jaeger "$JAEGER_ELASTIC_PASSWORD" trace_keeper
unset KIBANA_SYSTEM_PASSWORD JAEGER_ELASTIC_PASSWORD

exec /usr/local/bin/docker-entrypoint.sh eswrapper
