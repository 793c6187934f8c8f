#!/bin/sh
# Stop and remove this project's containers and networks, and nothing else of the machine.
# VOLUMES=1 removes its data as well, and asks (YES=1 does not).
set -eu
compose=${COMPOSE:-docker compose}

if [ "${VOLUMES:-}" != 1 ]; then
    exec $compose --profile '*' down --remove-orphans
fi
if [ "${YES:-}" != 1 ]; then
    printf 'Delete the data of every product as well? Type yes: '
    read -r answer
    [ "$answer" = yes ] || exit 1
fi
exec $compose --profile '*' down --remove-orphans --volumes
