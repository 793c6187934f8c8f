"""Panels that ask MariaDB: for what is older than Prometheus remembers, and exact."""

from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import VisibilityMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from setup.grafana.boards.panels import NO_DATA, PanelBuilder, Told

MARIADB = DataSourceRef(type_val="mysql", uid="mariadb")

# One point for each quarter of an hour: a month of readings are 86,000 rows.
EQUITY = """\
SELECT balance_history.account_ms DIV 900000 * 900 AS time, address AS metric,
    AVG(account_value) AS value
FROM balance_history JOIN accounts ON accounts.id = balance_history.account_id
WHERE balance_history.account_ms BETWEEN $__unixEpochFrom() * 1000
    AND $__unixEpochTo() * 1000
GROUP BY time, metric ORDER BY time"""
POSITIONS = """\
SELECT symbol, quantity, entry_price, liquidation_price, leverage, margin_mode,
    margin_used, position_value, unrealized_pnl, funding_since_open, address,
    FROM_UNIXTIME(accounts.account_ms / 1000) AS read_at
FROM positions JOIN accounts ON accounts.id = positions.account_id
ORDER BY ABS(position_value) DESC"""


@dataclass(frozen=True, slots=True)
class _Statement(Dataquery):
    """The SDK has no query of Grafana's MySQL datasource."""

    text: str
    format: Literal["time_series", "table"]

    def to_json(self) -> dict[str, object]:
        return {
            "datasource": MARIADB.to_json(),
            "editorMode": "code",
            "format": self.format,
            "rawQuery": True,
            "rawSql": self.text,
            "refId": "A",
        }


@dataclass(frozen=True, slots=True)
class _Made(Builder[Dataquery]):
    query: Dataquery

    def build(self) -> Dataquery:
        return self.query


def recorded(told: Told, statement: str, *, unit: str, since: str) -> PanelBuilder:
    """A line over ``since`` ("30d"), whatever time the dashboard shows."""
    panel = timeseries.Panel().title(told.title).description(told.description)
    panel.datasource(MARIADB).unit(unit).no_value(NO_DATA).time_from(since)
    panel.show_points(VisibilityMode.NEVER).span_nulls(False)
    panel.with_target(_Made(_Statement(statement, "time_series")))
    return panel.height(8).span(24)


def rows(told: Told, statement: str) -> PanelBuilder:
    """The rows as they stand in the database now."""
    panel = tables.Panel().title(told.title).description(told.description)
    panel.datasource(MARIADB).unit("none").no_value(NO_DATA)
    panel.with_target(_Made(_Statement(statement, "table")))
    return panel.height(8).span(24)
