"""The store on MariaDB and SQLite; the only place with SQL."""
