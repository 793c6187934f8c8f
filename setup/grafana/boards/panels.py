"""The kinds of panels there are, each with what is normal and what to do otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    FieldColorModeId,
    Panel,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
NO_DATA = "no data"
GOOD, DOUBTFUL, BAD, PLAIN = "green", "orange", "red", "blue"

Steps = Sequence[tuple[float | None, str]]
Words = Mapping[int, tuple[str, str]]
PanelBuilder = Builder[Panel]

NEUTRAL: Steps = ((None, PLAIN),)
UP_OR_DOWN: Words = {0: ("down", BAD), 1: ("up", GOOD)}


@dataclass(frozen=True, slots=True)
class Query:
    """``exemplar`` puts dots on the panel that lead to traces."""

    expression: str
    legend: str = ""
    exemplar: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """``normal`` is what to expect, ``otherwise`` what to look at or do."""

    title: str
    normal: str
    otherwise: str

    @property
    def description(self) -> str:
        return f"**Normal:** {self.normal}\n\n**Otherwise:** {self.otherwise}"


def below(doubtful: float, bad: float) -> Steps:
    """Good is less than ``doubtful``."""
    return ((None, GOOD), (doubtful, DOUBTFUL), (bad, BAD))


def above(bad: float, doubtful: float) -> Steps:
    """Good is ``doubtful`` and more."""
    return ((None, BAD), (bad, DOUBTFUL), (doubtful, GOOD))


def none_but(bad: float = 1) -> Steps:
    return ((None, GOOD), (bad, BAD))


def quantiles(
    histogram: str, *by: str, where: str = "", only: Sequence[float] = (0.5, 0.99)
) -> Sequence[Query]:
    """Of a histogram's name without suffix."""
    labels = ", ".join(("le", *by))
    selector = f"{histogram}_bucket{{{where}}}" if where else f"{histogram}_bucket"
    rate = f"sum by ({labels}) (rate({selector}[$__rate_interval]))"
    named = " ".join(f"{{{{{label}}}}}" for label in by)
    return [
        Query(
            f"histogram_quantile({share}, {rate})",
            f"{named} p{share * 100:g}".strip(),
            exemplar=True,
        )
        for share in only
    ]


def value(
    told: Told,
    query: Query,
    *,
    unit: str,
    steps: Steps = NEUTRAL,
    words: Words | None = None,
    width: int = 4,
) -> PanelBuilder:
    """One number of now; asked for now only, as the last one known may be old."""
    panel = stat.Panel().graph_mode(BigValueGraphMode.NONE)
    panel.color_mode(BigValueColorMode.VALUE)
    panel.reduce_options(common.ReduceDataOptions().calcs(["last"]))
    panel.with_target(_target(query, "A").instant())
    return _filled(panel, told, unit, steps, words).height(4).span(width)


def graph(
    told: Told,
    *queries: Query,
    unit: str,
    steps: Steps = (),
    stacked: bool = False,
    width: int = 8,
) -> PanelBuilder:
    """Lines over time; ``steps`` are drawn as dashed lines."""
    panel = timeseries.Panel().show_points(VisibilityMode.NEVER).line_width(1)
    panel.legend(
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.TABLE)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
        .calcs(["lastNotNull", "max"])
    )
    panel.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    panel.color_scheme(dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    panel.span_nulls(False)  # what was not known is a gap, not a line
    if stacked:
        panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
        panel.fill_opacity(20)
    if steps:
        style = common.GraphThresholdsStyleConfig()
        panel.thresholds_style(style.mode(GraphThresholdsStyleMode.DASHED))
    for number, query in enumerate(queries):
        panel.with_target(_target(query, chr(ord("A") + number)).range())
    return _filled(panel, told, unit, steps or NEUTRAL).height(8).span(width)


def states(told: Told, query: Query, *, words: Words, width: int = 12) -> PanelBuilder:
    """Bars over time, one for each thing, in the colors of ``words``."""
    panel = statetimeline.Panel().fill_opacity(70).merge_values(True)
    panel.color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
    panel.with_target(_target(query, "A").range())
    return _filled(panel, told, "none", NEUTRAL, words).height(8).span(width)


# Constraints, not a base: the SDK's panels have much in common, and no class for it.
_P = TypeVar("_P", stat.Panel, timeseries.Panel, statetimeline.Panel)


def _filled(
    panel: _P,
    told: Told,
    unit: str,
    steps: Steps,
    words: Words | None = None,
) -> _P:
    panel.title(told.title).description(told.description).datasource(PROMETHEUS)
    thresholds = [Threshold(value=at, color=color) for at, color in steps]
    panel.thresholds(
        dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(thresholds)
    )
    if words is not None:
        panel.mappings([_mapping(words)])
    return panel.unit(unit).no_value(NO_DATA)


def _target(query: Query, ref_id: str) -> prometheus.Dataquery:
    target = prometheus.Dataquery().ref_id(ref_id).datasource(PROMETHEUS)
    target.expr(query.expression).exemplar(query.exemplar)
    return target.legend_format(query.legend or query.expression)


def _mapping(words: Words) -> ValueMapping:
    return ValueMap(
        options={
            str(number): ValueMappingResult(text=text, color=color)
            for number, (text, color) in words.items()
        }
    )
