"""INSERT that meets an existing key, in the words of either database."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Table
from sqlalchemy.dialects.mysql import insert as mariadb_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

# Gives the assignments for an existing row; the argument holds the new row's columns.
Replace = Callable[[Any], Mapping[str, ColumnElement[Any]]]


def upsert(connection: Connection, table: Table, replace: Replace) -> Insert:
    """A statement that inserts, or sets ``replace(new)`` where the key exists.

    Each table has one key that may be met: its primary key. ``replace`` is one of a
    module: each is remembered, since making the statement takes longer than its work.
    """
    return _upsert(connection.dialect.name, table, replace)


def insert_missing(connection: Connection, table: Table) -> Insert:
    """A statement that inserts, or leaves the existing row alone."""
    return _insert_missing(connection.dialect.name, table)


@cache
def _upsert(dialect: str, table: Table, replace: Replace) -> Insert:
    if dialect == "mariadb":
        mine = mariadb_insert(table)
        # In order: MariaDB sees earlier assignments of the same statement.
        return mine.on_duplicate_key_update(list(replace(mine.inserted).items()))
    light = sqlite_insert(table)
    return light.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_=dict(replace(light.excluded)),
    )


@cache
def _insert_missing(dialect: str, table: Table) -> Insert:
    if dialect == "mariadb":
        # Not IGNORE: that would also swallow values out of range.
        first = next(iter(table.c))
        return mariadb_insert(table).on_duplicate_key_update({first.name: first})
    return sqlite_insert(table).on_conflict_do_nothing()


def replace_columns(names: Sequence[str]) -> Replace:
    return lambda new: {name: new[name] for name in names}
