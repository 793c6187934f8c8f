#!/bin/sh
# Run once, by the image's entrypoint, when the database is made: whoever changes tables
# is not who writes rows, and who draws them can do neither (S15).
set -eu

MYSQL_PWD=$MARIADB_ROOT_PASSWORD mariadb --protocol=socket --user=root <<SQL
CREATE DATABASE IF NOT EXISTS threet CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE USER 'migrator'@'%' IDENTIFIED BY '$MARIADB_MIGRATOR_PASSWORD';
GRANT ALL PRIVILEGES ON threet.* TO 'migrator'@'%';

CREATE USER 'writer'@'%' IDENTIFIED BY '$MARIADB_WRITER_PASSWORD';
GRANT SELECT, INSERT, UPDATE, DELETE ON threet.* TO 'writer'@'%';

CREATE USER 'reader'@'%' IDENTIFIED BY '$MARIADB_READER_PASSWORD'
    WITH MAX_USER_CONNECTIONS 20;
GRANT SELECT ON threet.* TO 'reader'@'%';

CREATE USER 'exporter'@'%' IDENTIFIED BY '$MARIADB_EXPORTER_PASSWORD'
    WITH MAX_USER_CONNECTIONS 3;
GRANT PROCESS, BINLOG MONITOR ON *.* TO 'exporter'@'%';
SQL
