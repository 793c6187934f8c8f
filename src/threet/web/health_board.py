"""How everything is: processes, dependencies, streams, prices; in words and figures."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from threet.bootstrap import WebParts
from threet.market_data.staleness import (
    Coverage,
    Liveness,
    age_ms,
    coverage_of,
    judge_beat,
    judge_price,
)
from threet.model.errors import DependencyError, ExchangeError
from threet.model.prices import Missing, NewestPrice, PriceKind
from threet.ports.live_view import ProcessState, StreamState
from threet.web import budget_board, lag
from threet.web.answers import (
    CoverageAnswer,
    DependencyAnswer,
    GroupAnswer,
    HealthAnswer,
    ProcessAnswer,
    RateBudgetAnswer,
    StreamAnswer,
)
from threet.web.live_hub import LiveHub
from threet.web.markets import Markets
from threet.web.waiting import in_thread, in_time

_PATIENCE_SECS = 2.0
_KEEP_MS = 1000
_ASK_EXCHANGE_AFTER_MS = 30_000

# Of this moment: what a process should hear of the exchange and does not.
_SILENCES = {
    "silent": "subscriptions are silent",
    "stale_symbols": "symbols are stale",
    "left_out": "subscriptions did not fit into the exchange's limit",
}

# Counters since a process began; each one that moved is news that did not arrive.
_LOSSES = {
    "refused_frames": "frames refused",
    "dropped": "events dropped",
    "lost": "entries lost",
    "trade_gaps_unclosed": "gaps in trades not closed",
    "refusals": "orders refused by the exchange",
}

_Live = tuple[Sequence[StreamState], Sequence[ProcessState]]


class HealthBoard:
    """A summary at most a second old; asked by many, it looks once."""

    def __init__(self, parts: WebParts, markets: Markets, hub: LiveHub) -> None:
        self._parts = parts
        self._markets = markets
        self._hub = hub
        self._lock = asyncio.Lock()
        self._summary: HealthAnswer | None = None
        self._exchange = DependencyAnswer(name="exchange", state="unknown")
        self.version = 0

    async def summary(self) -> HealthAnswer:
        async with self._lock:
            known = self._summary
            now_ms = self._parts.clock.now_ms()
            if known is None or age_ms(known.now_ms, now_ms) >= _KEEP_MS:
                known = await self._look()
                self._summary = known
                self.version += 1
            return known

    @property
    def newest(self) -> HealthAnswer | None:
        return self._summary

    async def ask_exchange(self) -> None:
        """Ask the exchange's clock when it was not asked for a while."""
        asked_ms = self._exchange.checked_ms
        now_ms = self._parts.clock.now_ms()
        if asked_ms is None or age_ms(asked_ms, now_ms) > _ASK_EXCHANGE_AFTER_MS:

            async def ask() -> None:
                await in_thread("exchange", self._parts.exchange.server_ms)

            self._exchange = await self._probe("exchange", ask)

    async def _look(self) -> HealthAnswer:
        now_ms = self._parts.clock.now_ms()  # a summary is as old as its first look
        live: _Live = ((), ())

        async def look_at_redis() -> None:
            nonlocal live
            view = self._parts.live
            live = (
                await in_time("redis", view.streams(), _PATIENCE_SECS),
                await in_time("redis", view.processes(), _PATIENCE_SECS),
            )

        async def look_at_database() -> None:
            products = self._parts.products.products
            await in_thread("database", products, _PATIENCE_SECS)

        redis, database = await asyncio.gather(
            self._probe("redis", look_at_redis),
            self._probe("database", look_at_database),
        )
        coverage = await self._cover()
        dependencies = (redis, database, self._exchange)
        budget = await budget_board.look(self._parts)
        return self._judge(dependencies, live, coverage, budget, now_ms)

    async def _probe(
        self, name: str, look: Callable[[], Awaitable[None]]
    ) -> DependencyAnswer:
        reason = ""
        try:
            await look()
        except (DependencyError, ExchangeError) as error:
            reason = str(error)
        return DependencyAnswer(
            name=name,
            state="down" if reason else "up",
            reason=reason,
            checked_ms=self._parts.clock.now_ms(),
        )

    async def _cover(self) -> Coverage | None:
        """None while the catalogue is not known."""
        try:
            symbols = await self._markets.priced(self._hub.mids())
        except DependencyError:
            return None
        now_ms = self._parts.clock.now_ms()
        return coverage_of(
            judge_price(
                symbol,
                _known(self._hub.price(symbol, PriceKind.MID)),
                now_ms=now_ms,
                stale_after_ms=self._parts.price_stale_after_ms,
            )
            for symbol in symbols
        )

    def _judge(
        self,
        dependencies: Sequence[DependencyAnswer],
        live: _Live,
        coverage: Coverage | None,
        budget: RateBudgetAnswer | None,
        now_ms: int,
    ) -> HealthAnswer:
        processes = _processes(self._parts, live[1], now_ms)
        redis, database, _ = dependencies
        is_ready = "down" not in (redis.state, database.state)
        is_ready = is_ready and self._hub.is_following
        reasons = [
            *(d.reason for d in dependencies if d.state == "down"),
            *_price_reasons(coverage),
            *(f"{p.name} is {p.state}" for p in processes if p.state != "alive"),
            *(f"{p.name}: {fault}" for p in processes for fault in p.faults),
            *(reason for p in processes for reason in _breaker_reasons(p)),
            *(reason for p in processes for reason in _silence_reasons(p)),
            *lag.reasons(live[0]),
            *budget_board.reasons(budget),
        ]
        if not self._hub.is_following:
            reasons.append("live prices are not followed")
        ok = "degraded" if reasons else "ok"
        return HealthAnswer(
            status=ok if is_ready else "down",
            is_ready=is_ready,
            now_ms=now_ms,
            network=self._parts.network,
            reasons=reasons,
            dependencies=list(dependencies),
            processes=processes,
            streams=[stream_answer(stream, now_ms) for stream in live[0]],
            prices=_coverage_answer(coverage),
            messages_per_sec=self._hub.messages_per_sec,
            rate_budget=budget,
        )


def stream_answer(stream: StreamState, now_ms: int) -> StreamAnswer:
    newest_ms = stream.newest_entry_ms
    return StreamAnswer(
        stream=stream.stream,
        length=stream.length,
        newest_entry_ms=newest_ms,
        age_ms=None if newest_ms is None else age_ms(newest_ms, now_ms),
        groups=[
            GroupAnswer(
                group=group.group,
                consumers=group.consumers,
                pending=group.pending,
                lag=group.lag,
            )
            for group in stream.groups
        ],
    )


def _processes(
    parts: WebParts, states: Sequence[ProcessState], now_ms: int
) -> list[ProcessAnswer]:
    by_name = {state.name: state for state in states}
    names = [*parts.expected_processes, *sorted(set(by_name))]
    return [
        _process_answer(name, by_name.get(name), parts.process_dead_after_ms, now_ms)
        for name in dict.fromkeys(names)
    ]


def _process_answer(
    name: str, state: ProcessState | None, dead_after_ms: int, now_ms: int
) -> ProcessAnswer:
    beat_ms = None if state is None else state.beat_ms
    liveness: Liveness = judge_beat(beat_ms, now_ms=now_ms, dead_after_ms=dead_after_ms)
    if state is None:
        return ProcessAnswer(name=name, state=liveness.value)
    return ProcessAnswer(
        name=name,
        state=liveness.value,
        pid=state.pid,
        started_ms=state.started_ms,
        beat_ms=state.beat_ms,
        age_ms=age_ms(state.beat_ms, now_ms),
        figures=dict(state.figures),
        faults=_faults(state.figures),
    )


def _faults(figures: Mapping[str, int | float | str]) -> list[str]:
    """What the counters of a process say was lost on the way."""
    return [
        f"{count} {word}"
        for name, word in _LOSSES.items()
        if (count := figures.get(name, 0)) not in (0, "0")
    ]


def _breaker_reasons(process: ProcessAnswer) -> list[str]:
    """Classes of requests that a process does not ask the exchange any more."""
    if process.state != "alive":
        return []
    return [
        f"{process.name} asks no {name.removeprefix('breaker_')} (breaker {state})"
        for name, state in process.figures.items()
        if name.startswith("breaker_") and state != "closed"
    ]


def _silence_reasons(process: ProcessAnswer) -> list[str]:
    """What a living process says it does not hear."""
    if process.state != "alive":
        return []
    return [
        f"{process.name}: {count} {word}"
        for name, word in _SILENCES.items()
        if (count := process.figures.get(name, 0)) not in (0, "0")
    ]


def _known(price: NewestPrice | Missing) -> NewestPrice | None:
    return None if isinstance(price, Missing) else price


def _price_reasons(coverage: Coverage | None) -> Sequence[str]:
    if coverage is None:
        return ["the products are not known"]
    if not coverage.symbols:
        return ["no market is known"]
    counts = (("stale", coverage.stale), ("missing", coverage.missing))
    return [
        f"{count} of {coverage.symbols} prices {word}"
        for word, count in counts
        if count
    ]


def _coverage_answer(coverage: Coverage | None) -> CoverageAnswer | None:
    if coverage is None:
        return None
    return CoverageAnswer(
        symbols=coverage.symbols,
        fresh=coverage.fresh,
        stale=coverage.stale,
        missing=coverage.missing,
    )
