"""The data views with which Kibana shows Jaeger's indices."""

from collections.abc import Sequence
from dataclasses import dataclass

from threet.adapters.elastic.client import NOT_FOUND, ElasticClient
from threet.model.errors import DependencyError

READY = 200
_PATH = "/api/data_views/data_view"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataView:
    """``key`` is fixed, so that a second run finds what the first has made."""

    key: str
    name: str
    indices: str
    time_field: str | None


DATA_VIEWS = (
    DataView(
        key="jaeger-spans",
        name="Jaeger spans",
        indices="jaeger-span-*",
        time_field="startTimeMillis",
    ),
    DataView(
        key="jaeger-services",
        name="Jaeger services",
        indices="jaeger-service-*",
        time_field=None,
    ),
)


def is_ready(kibana: ElasticClient) -> bool:
    return kibana.status("GET", "/api/status") == READY


def create_missing(kibana: ElasticClient) -> Sequence[str]:
    """Make the data views that Kibana does not know; returns their names.

    Raises ``DependencyError``.
    """
    made = []
    for view in DATA_VIEWS:
        path = f"{_PATH}/{view.key}"
        status = kibana.status("GET", path)
        if status == READY:
            continue
        if status != NOT_FOUND:
            raise DependencyError("kibana", f"GET {path}: HTTP {status}")
        kibana.call("POST", _PATH, {"data_view": _spec(view)})
        made.append(view.name)
    return made


def _spec(view: DataView) -> dict[str, object]:
    spec: dict[str, object] = {
        "id": view.key,
        "name": view.name,
        "title": view.indices,
        # Before the first span was stored there is no index yet.
        "allowNoIndex": True,
    }
    if view.time_field is not None:
        spec["timeFieldName"] = view.time_field
    return spec
