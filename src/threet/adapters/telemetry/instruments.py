"""Every metric of the platform: its name, kind, unit, attributes and meaning.

Names follow OpenTelemetry's conventions; Prometheus shows dots as underscores, the unit
as a suffix and counters with `_total` (docs/reference/metrics.md).
"""

from dataclasses import dataclass
from typing import Literal

from opentelemetry.metrics import Histogram, Meter


@dataclass(frozen=True, slots=True)
class Instrument:
    """``attributes`` are all it may have; their values are few and known."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    description: str
    attributes: tuple[str, ...] = ()


def _counter(name: str, unit: str, description: str, *attributes: str) -> Instrument:
    return Instrument(name, "counter", unit, description, attributes)


def _gauge(name: str, unit: str, description: str, *attributes: str) -> Instrument:
    return Instrument(name, "gauge", unit, description, attributes)


def _histogram(name: str, unit: str, description: str, *attributes: str) -> Instrument:
    return Instrument(name, "histogram", unit, description, attributes)


_PROCESS = (
    _counter("process.cpu.time", "s", "CPU used", "cpu.mode"),
    _gauge("process.memory.usage", "By", "Resident memory"),
    _gauge("process.uptime", "s", "Since the process began"),
)
_FEED = (
    _counter("threet.feed.frames", "{frame}", "Frames received from the exchange"),
    _counter("threet.feed.refused_frames", "{frame}", "Frames nobody could read"),
    _counter("threet.feed.reconnects", "{connection}", "Connections made again"),
    _counter("threet.feed.server_errors", "{message}", "Errors the exchange told"),
    _counter("threet.feed.duplicates", "{message}", "Messages known already"),
    _counter("threet.feed.resubscribed", "{subscription}", "Subscribed again"),
    _counter("threet.feed.trade_gaps", "{gap}", "Times trades may be missing"),
    _gauge("threet.feed.unclosed_trade_gaps", "{gap}", "Gaps in trades still open"),
    _gauge("threet.feed.connections", "{connection}", "Connections wanted"),
    _gauge(
        "threet.feed.subscriptions",
        "{subscription}",
        "Subscriptions: wanted, acknowledged, silent, left_out",
        "state",
    ),
    _gauge("threet.feed.symbols", "{symbol}", "Symbols followed"),
    _gauge("threet.feed.stale_symbols", "{symbol}", "Symbols with a silent topic"),
    _gauge(
        "threet.feed.tick.age",
        "s",
        "Age of the newest message of a symbol: p50 and max over symbols",
        "statistic",
    ),
)
_PUBLISHING = (
    _counter("threet.publisher.offered", "{event}", "Events to be published"),
    _counter("threet.publisher.published", "{event}", "Events in their streams"),
    _counter("threet.publisher.dropped", "{event}", "Events given up, with a count"),
    _gauge("threet.publisher.waiting", "{event}", "Events not yet written"),
    _histogram("threet.publisher.delay", "s", "From a frame's arrival to its stream"),
)
_CONSUMING = (
    _counter(
        "threet.consumer.entries",
        "{entry}",
        "Entries: delivered, acknowledged, failed, taken_over, dead_lettered, lost",
        "outcome",
    ),
    _counter("threet.consumer.reconnects", "{connection}", "Connections made again"),
    _counter("threet.consumer.effects", "{effect}", "Events that took effect"),
    _histogram(
        "threet.consumer.delay",
        "s",
        "From a frame's arrival to its effect, the newest of a batch",
        "stream",
        "group",
    ),
)
_EXCHANGE = (
    _counter("threet.exchange.requests", "{request}", "Requests sent"),
    _counter("threet.exchange.retries", "{request}", "Requests sent again"),
    _counter("threet.exchange.not_asked", "{request}", "Kept back: budget, breaker"),
    _counter("threet.exchange.recreated", "{pool}", "Connection pools made anew"),
    _counter("threet.exchange.health_failures", "{check}", "Health checks failed"),
    _counter("threet.exchange.errors", "{error}", "Errors by kind", "error.type"),
    _counter("threet.exchange.breaker.openings", "{opening}", "Breakers opened"),
    _gauge(
        "threet.exchange.breaker.state",
        "{state}",
        "0 closed, 1 half-open, 2 open",
        "request_class",
    ),
    _histogram(
        "threet.exchange.request.duration",
        "s",
        "One try of a request, whatever came of it",
        "request",
        "error.type",
    ),
)
_TASKS = (
    _histogram("threet.task.duration", "s", "One run of a task", "task", "outcome"),
    _counter("threet.task.canaries", "{task}", "Canary tasks consumed"),
    _gauge("threet.beat.entries", "{entry}", "Entries of the schedule"),
    _counter("threet.candles.stored", "{bar}", "Bars fetched and stored"),
    _counter("threet.candles.holes", "{bar}", "Bars missing in answers"),
    _counter("threet.candles.rewarmed", "{bar}", "Bars put back into the cache"),
    _counter("threet.candles.fetches", "{fetch}", "Fetches by outcome", "outcome"),
    _counter("threet.gap_repair.requests", "{request}", "Requests to close gaps"),
    _counter("threet.gap_repair.bars", "{bar}", "Bars found for gaps"),
    _counter("threet.gap_repair.gaps", "{gap}", "Gaps: closed, given_up", "outcome"),
    _counter("threet.balance.readings", "{reading}", "Balances read", "outcome"),
    _counter("threet.outbox.published", "{event}", "News published from the outbox"),
    _counter("threet.products.added", "{product}", "Products added"),
)
_PLATFORM = (
    _gauge("threet.platform.status", "{state}", "0 ok, 1 degraded, 2 down"),
    _gauge("threet.platform.reasons", "{reason}", "Reasons to be less than well"),
    _gauge("threet.process.alive", "{process}", "1 alive, 0 not", "process"),
    _gauge("threet.process.silence", "s", "Since its last beat", "process"),
    _gauge("threet.dependency.up", "{dependency}", "1 up, 0 down", "dependency"),
    _gauge("threet.prices", "{symbol}", "Prices: fresh, stale, missing", "state"),
    _gauge("threet.stream.length", "{entry}", "Entries kept", "stream"),
    _gauge("threet.stream.age", "s", "Age of the newest entry", "stream"),
    _gauge("threet.stream.lag", "{entry}", "Not yet delivered", "stream", "group"),
    _gauge("threet.stream.pending", "{entry}", "Not acknowledged", "stream", "group"),
    _gauge("threet.candle_gaps", "{gap}", "Gaps known: open, given_up", "state"),
    _gauge("threet.rate_budget.limit", "{weight}", "Weight of a minute"),
    _gauge("threet.rate_budget.used", "{weight}", "Used by priority", "priority"),
    _gauge("threet.rate_budget.left", "{weight}", "Left for a priority", "priority"),
    _gauge("threet.rate_budget.pause", "s", "How long the exchange told to wait"),
    _gauge("threet.rate_budget.shared", "{state}", "1 shared, 0 on its own share"),
    _gauge("threet.address_budget.used", "{action}", "Actions the account used"),
    _gauge("threet.address_budget.cap", "{action}", "Actions the account may use"),
    _gauge("threet.account.age", "s", "Age of the newest reading of the account"),
    _gauge("threet.account.value", "{USDC}", "Equity of the account"),
    _gauge("threet.account.withdrawable", "{USDC}", "Free collateral"),
    _gauge("threet.account.margin_used", "{USDC}", "Margin in use"),
    _gauge("threet.account.notional", "{USDC}", "Notional of all positions"),
    _gauge("threet.account.positions", "{position}", "Open positions"),
    _gauge("threet.position.quantity", "{coin}", "Negative is short", "symbol"),
    _gauge("threet.position.value", "{USDC}", "Notional", "symbol"),
    _gauge("threet.position.unrealized_pnl", "{USDC}", "Not realized", "symbol"),
    _gauge("threet.web.listeners", "{listener}", "Pages that follow live"),
    _histogram(
        "http.server.request.duration",
        "s",
        "Answers of the API",
        "http.request.method",
        "http.route",
        "http.response.status_code",
    ),
)
_TRADING = (
    _counter("threet.trader.decisions", "{decision}", "Evaluations of strategy runs"),
    _counter("threet.gateway.orders", "{order}", "Orders sent"),
    _counter("threet.gateway.cycles", "{cycle}", "Cycles that came to their end"),
    _counter("threet.gateway.cycle_failures", "{cycle}", "Cycles that ended early"),
    _gauge(
        "threet.gateway.mismatches",
        "{product}",
        "Products whose position is not the sum of their fills",
    ),
    _gauge("threet.ledger.difference", "{USDC}", "Equity that nothing booked explains"),
    _gauge("threet.ledger.unexplained", "{account}", "1 if it was confirmed"),
)
CATALOGUE = (
    *_PROCESS,
    *_FEED,
    *_PUBLISHING,
    *_CONSUMING,
    *_EXCHANGE,
    *_TASKS,
    *_PLATFORM,
    *_TRADING,
)


def histogram(meter: Meter, name: str) -> Histogram:
    one = next(one for one in CATALOGUE if one.name == name)
    return meter.create_histogram(one.name, unit=one.unit, description=one.description)
