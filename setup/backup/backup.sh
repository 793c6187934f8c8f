#!/bin/sh
# One file with what cannot be fetched again: all of MariaDB but its cache, and Redis.
# The platform may run meanwhile.
#   sh setup/backup/backup.sh [FOLDER]
# shellcheck disable=SC2016  # variables in single quotes are the container's own
set -eu
compose=${COMPOSE:-docker compose}
folder=${1:-backups}
umask 077
mkdir -p "$folder"
draft=$(mktemp -d "$folder/.draft.XXXXXX")
trap 'rm -rf "$draft"' EXIT

# Redis first: a stream that is older than the database lacks news, never facts.
# By way of a file of its own: what redis-cli writes to a pipe ends with a mark too many.
$compose exec -T redis sh -c '
    trap "rm -f /data/backup.rdb" EXIT
    REDISCLI_AUTH=$REDIS_PASSWORD redis-cli --rdb /data/backup.rdb >/dev/null 2>&1
    cat /data/backup.rdb' >"$draft/redis.rdb"
[ "$(head -c 5 "$draft/redis.rdb")" = REDIS ] || {
    echo "backup: Redis gave no snapshot" >&2
    exit 1
}

# market_data is filled anew from candles.
$compose exec -T mariadb sh -c \
    'MYSQL_PWD=$MARIADB_ROOT_PASSWORD exec mariadb-dump --user=root --single-transaction \
        --hex-blob --ignore-table-data=threet.market_data threet' >"$draft/mariadb.sql"
tail -n 1 "$draft/mariadb.sql" | grep -q '^-- Dump completed' || {
    echo "backup: MariaDB's dump is not whole" >&2
    exit 1
}

file=$folder/threet-$(date -u +%Y%m%dT%H%M%SZ).tar.gz
tar -C "$draft" -czf "$draft/whole" mariadb.sql redis.rdb
mv "$draft/whole" "$file"
echo "$file"
