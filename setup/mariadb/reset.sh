#!/bin/sh
# Development only: forget what the containers' MariaDB and Redis hold. Refused unless both
# the configuration and the data are the simulator's.
#   sh setup/mariadb/reset.sh        (YES=1 does not ask)
# shellcheck disable=SC2016  # variables in single quotes are the container's own
set -eu
compose=${COMPOSE:-docker compose}

refuse() {
    echo "reset-db: refused: $1" >&2
    exit 1
}
sql() {
    $compose exec -T mariadb sh -c \
        'MYSQL_PWD=$MARIADB_ROOT_PASSWORD exec mariadb --user=root --batch \
            --skip-column-names' <<SQL
$1
SQL
}

checked=$($compose run --rm -T --no-deps migrations 3t config check)
case $checked in
*'(network: simulator)'*) ;;
*) refuse "the configuration is not the simulator's ($checked)" ;;
esac
owner=
if [ "$(sql "SELECT COUNT(*) FROM information_schema.tables
    WHERE table_schema = 'threet' AND table_name = 'bound_network'")" != 0 ]; then
    owner=$(sql "SELECT network FROM threet.bound_network")
fi
case $owner in
simulator | '') ;;
*) refuse "the database holds data of $owner" ;;
esac

if [ "${YES:-}" != 1 ]; then
    printf 'Delete everything in MariaDB and Redis of this project? Type yes: '
    read -r answer
    [ "$answer" = yes ] || exit 1
fi

services=$($compose config --services | grep -vx -e mariadb -e redis)
# shellcheck disable=SC2086  # one word per service
$compose stop $services
sql "DROP DATABASE IF EXISTS threet;
    CREATE DATABASE threet CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;"
$compose exec -T redis sh -c 'REDISCLI_AUTH=$REDIS_PASSWORD redis-cli flushall' >/dev/null
$compose up -d --wait
