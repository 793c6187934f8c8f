"""What a process says of itself on the board, as readings of instruments.

One truth for the page and for the metrics: a figure is counted in one place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from threet.ports.live_view import ProcessBoard
from threet.ports.telemetry import Gauges, Reading

Figures = Mapping[str, int | float | str]
_BREAKER_STATES = {"closed": 0, "half_open": 1, "open": 2}


@dataclass(frozen=True, slots=True)
class _Source:
    instrument: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    scale: float = 1.0

    def reading(self, value: float) -> Reading:
        return Reading(self.instrument, value * self.scale, self.attributes)


def _plain(prefix: str, **figures: str) -> dict[str, _Source]:
    return {figure: _Source(prefix + name) for figure, name in figures.items()}


def _each(instrument: str, attribute: str, **figures: str) -> dict[str, _Source]:
    return {
        figure: _Source(instrument, {attribute: value})
        for figure, value in figures.items()
    }


_SOURCES: Mapping[str, _Source] = {
    **_plain(
        "threet.feed.",
        frames="frames",
        reconnects="reconnects",
        refused_frames="refused_frames",
        server_errors="server_errors",
        duplicates="duplicates",
        resubscribed="resubscribed",
        trade_gaps="trade_gaps",
        trade_gaps_unclosed="unclosed_trade_gaps",
        connections="connections",
        symbols="symbols",
        stale_symbols="stale_symbols",
    ),
    **_each(
        "threet.feed.subscriptions",
        "state",
        subscriptions="wanted",
        acknowledged="acknowledged",
        silent="silent",
        left_out="left_out",
    ),
    "tick_age_p50_ms": _Source("threet.feed.tick.age", {"statistic": "p50"}, 1e-3),
    "tick_age_max_ms": _Source("threet.feed.tick.age", {"statistic": "max"}, 1e-3),
    **_plain(
        "threet.publisher.",
        offered="offered",
        published="published",
        dropped="dropped",
        waiting="waiting",
    ),
    **_plain(
        "threet.exchange.",
        exchange_requests="requests",
        exchange_retries="retries",
        exchange_not_asked="not_asked",
        exchange_recreated="recreated",
        exchange_health_failures="health_failures",
        breakers_opened="breaker.openings",
    ),
    **_plain(
        "threet.",
        canaries="task.canaries",
        entries="beat.entries",
        candles="candles.stored",
        holes="candles.holes",
        rewarmed="candles.rewarmed",
        gap_requests="gap_repair.requests",
        gap_rows="gap_repair.bars",
        products_added="products.added",
        applied="consumer.effects",
        news_published="outbox.published",
        listeners="web.listeners",
        decisions="trader.decisions",
        orders="gateway.orders",
        cycles="gateway.cycles",
        cycle_failures="gateway.cycle_failures",
        mismatches="gateway.mismatches",
        equity_gap="ledger.difference",
        equity_off="ledger.unexplained",
    ),
    **_each(
        "threet.consumer.entries",
        "outcome",
        delivered="delivered",
        failed="failed",
        taken_over="taken_over",
        dead_lettered="dead_lettered",
        lost="lost",
    ),
    **_each(
        "threet.gap_repair.gaps",
        "outcome",
        gaps_closed="closed",
        gaps_given_up="given_up",
    ),
}
# The same words are of other things in a feed.
_OF_CONSUMERS: Mapping[str, _Source] = {
    "reconnects": _Source("threet.consumer.reconnects"),
    **_each("threet.consumer.entries", "outcome", acknowledged="acknowledged"),
}
# Figures whose names go on with what they count.
_BY_PREFIX = {
    "errors_": ("threet.exchange.errors", "error.type"),
    "fetch_": ("threet.candles.fetches", "outcome"),
    "balance_": ("threet.balance.readings", "outcome"),
}


def readings(figures: Figures) -> Sequence[Reading]:
    """Words that are no breaker's state, and figures nobody measures, are left out."""
    special = _OF_CONSUMERS if "delivered" in figures else {}
    found: list[Reading | None] = []
    for name, value in figures.items():
        if name.startswith("breaker_"):
            found.append(_breaker(name, str(value)))
        elif not isinstance(value, str):
            source = special.get(name) or _SOURCES.get(name) or _by_prefix(name)
            found.append(None if source is None else source.reading(value))
    return [one for one in found if one is not None]


def _breaker(name: str, state: str) -> Reading | None:
    if state not in _BREAKER_STATES:
        return None
    request_class = {"request_class": name.removeprefix("breaker_")}
    value = _BREAKER_STATES[state]
    return Reading("threet.exchange.breaker.state", value, request_class)


def _by_prefix(name: str) -> _Source | None:
    for prefix, (instrument, attribute) in _BY_PREFIX.items():
        if name.startswith(prefix):
            return _Source(instrument, {attribute: name.removeprefix(prefix)})
    return None


class MeteredBoard:
    """A board whose figures are metrics as well; also while Redis is down."""

    def __init__(self, board: ProcessBoard, gauges: Gauges) -> None:
        self._board = board
        self._gauges = gauges

    async def beat(self, figures: Figures) -> None:
        self._gauges.note(readings(figures))
        await self._board.beat(figures)

    async def farewell(self) -> None:
        await self._board.farewell()
