"""Jaeger's indices, one for each day: which are too old, and their end."""

import re
from collections.abc import Iterable, Sequence

from threet.adapters.elastic.client import ElasticClient
from threet.model.errors import DependencyError

_INDICES = "/_cat/indices?format=json&h=index"
_OF_A_DAY = re.compile(r"jaeger-[a-z]+-(\d{4}-\d{2}-\d{2})")


def expired(names: Iterable[str], first_kept: str) -> Sequence[str]:
    """Jaeger's of days before ``first_kept`` (2026-11-25), and no other index."""
    days = {name: _OF_A_DAY.fullmatch(name) for name in names}
    return sorted(name for name, day in days.items() if day and day[1] < first_kept)


def delete_expired(elasticsearch: ElasticClient, first_kept: str) -> Sequence[str]:
    """Returns what was deleted. Raises ``DependencyError``."""
    rows = elasticsearch.call("GET", _INDICES)
    if not isinstance(rows, list):
        raise DependencyError("elasticsearch", f"GET {_INDICES}: is not a list")
    old = expired((str(row["index"]) for row in rows), first_kept)
    for name in old:
        elasticsearch.call("DELETE", f"/{name}")
    return old
