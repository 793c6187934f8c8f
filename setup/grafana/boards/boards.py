"""A dashboard of rows, with what all of ours have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
)

from setup.grafana.boards.panels import PanelBuilder

TAG = "threet"


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    panels: Sequence[PanelBuilder]


def board(uid: str, title: str, description: str, rows: Sequence[Row]) -> Dashboard:
    """``uid`` is part of its address: it never changes."""
    made = dashboard.Dashboard(title).uid(uid).description(description).tags([TAG])
    made.time("now-1h", "now").refresh("15s").timezone("utc").readonly()
    made.tooltip(DashboardCursorSync.CROSSHAIR)
    links = dashboard.DashboardLink("Dashboards").type(DashboardLinkType.DASHBOARDS)
    made.link(links.tags([TAG]).as_dropdown(True).keep_time(True))
    for row in rows:
        made.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            made.with_panel(panel)
    built = made.build()
    for number, one in enumerate(built.panels or (), 1):
        one.id_val = number
    return built
