#!/bin/sh
# Put a backup in the place of what is there. Stops the platform and starts it again.
#   sh setup/backup/restore.sh FILE
# YES=1 does not ask; START=0 leaves it stopped, with MariaDB and Redis to look at.
# shellcheck disable=SC2016  # variables in single quotes are the container's own
set -eu
compose=${COMPOSE:-docker compose}
file=${1:?which backup: sh setup/backup/restore.sh FILE}
umask 077
draft=$(mktemp -d)
trap 'rm -rf "$draft"' EXIT
tar -C "$draft" -xzf "$file" mariadb.sql redis.rdb

if [ "${YES:-}" != 1 ]; then
    printf 'Replace everything in MariaDB and Redis by %s? Type yes: ' "$file"
    read -r answer
    [ "$answer" = yes ] || exit 1
fi

$compose stop
$compose up -d --wait mariadb

$compose exec -T mariadb sh -c 'MYSQL_PWD=$MARIADB_ROOT_PASSWORD mariadb --user=root -e "
    DROP DATABASE IF EXISTS threet;
    CREATE DATABASE threet CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"'
$compose exec -T mariadb sh -c \
    'MYSQL_PWD=$MARIADB_ROOT_PASSWORD exec mariadb --user=root threet' \
    <"$draft/mariadb.sql"

# Redis reads what it holds from its append-only file, whose base may be a snapshot.
$compose run --rm -T --no-deps --entrypoint sh redis -c '
    set -eu
    rm -rf /data/appendonlydir /data/dump.rdb
    mkdir /data/appendonlydir
    cat >/data/appendonlydir/appendonly.aof.1.base.rdb
    echo "file appendonly.aof.1.base.rdb seq 1 type b" \
        >/data/appendonlydir/appendonly.aof.manifest' <"$draft/redis.rdb"

if [ "${START:-1}" = 0 ]; then
    exec $compose up -d --wait mariadb redis
fi
# The schema of an older backup is brought up to date by `migrations` on the way.
$compose up -d --wait
echo "restored $file"
