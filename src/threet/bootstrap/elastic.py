"""Wires what asks Elasticsearch and Kibana."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from threet.adapters.elastic import data_views, retention
from threet.adapters.elastic.client import ElasticClient
from threet.adapters.system_clock import SystemClock
from threet.adapters.telemetry import logs
from threet.bootstrap import processes
from threet.bootstrap import settings as root
from threet.bootstrap.parts import ProcessParts
from threet.config.sections import Sections
from threet.model.errors import ConfigurationError
from threet.ports.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class KibanaParts:
    """``create_missing`` returns the names of what it made; ``DependencyError``."""

    clock: Clock
    is_ready: Callable[[], bool]
    create_missing: Callable[[], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionParts:
    """``delete_expired`` takes the first day that is kept; ``DependencyError``."""

    process: ProcessParts
    keep_days: int
    delete_expired: Callable[[str], Sequence[str]]


def kibana() -> KibanaParts:
    settings = root.config()
    logs.configure(
        process="kibana-setup",
        level=settings.observability.log_level,
        as_json=settings.observability.log_format == "json",
    )
    url = settings.observability.elastic.kibana_url
    client = _client(settings, "kibana", url, "kibana_url")
    return KibanaParts(
        clock=SystemClock(),
        is_ready=partial(data_views.is_ready, client),
        create_missing=partial(data_views.create_missing, client),
    )


def trace_retention() -> RetentionParts:
    settings = root.config()
    elastic = settings.observability.elastic
    client = _client(settings, "elasticsearch", elastic.url, "url")
    return RetentionParts(
        process=processes.process_parts(settings, "trace_retention"),
        keep_days=elastic.keep_days,
        delete_expired=partial(retention.delete_expired, client),
    )


def _client(
    settings: Sections, name: str, url: str | None, setting: str
) -> ElasticClient:
    elastic = settings.observability.elastic
    if url is None or elastic.password is None:
        missing = setting if url is None else "password"
        raise ConfigurationError([f"observability.elastic.{missing}: is not set"])
    password = elastic.password.get_secret_value()
    return ElasticClient(name, url, user=elastic.user, password=password)
