"""Profit and loss, and the runs that made it, as the API shows them."""

import threading
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import Enum
from typing import TypeVar

import msgspec

from threet.accounts.ledger import Ledger
from threet.accounts.pnl import (
    HeldRow,
    Marks,
    PnlRow,
    by_day,
    by_product,
    by_run,
    held,
    total,
)
from threet.bootstrap import WebParts, WebTrading
from threet.market_data.staleness import judge_price
from threet.model.numbers import ZERO
from threet.model.prices import Fresh, PriceKind
from threet.ports.decision_store import StandingTarget
from threet.ports.trading_view import RunOf
from threet.risk.run_gates import RunLimits
from threet.risk.run_uses import run_uses
from threet.risk.uses import Use
from threet.web.answers import exact
from threet.web.limit_answers import limit_answer
from threet.web.live_hub import LiveHub
from threet.web.trading_answers import (
    PnlAnswer,
    PnlRowAnswer,
    RunAnswer,
    RunPositionAnswer,
    RunsAnswer,
    RunTargetAnswer,
)
from threet.web.trading_desk import maybe
from threet.web.waiting import in_thread

_T = TypeVar("_T")


class By(Enum):
    RUN = "run"
    PRODUCT = "product"
    DAY = "day"


class PnlDesk:
    """The ledger is kept up to date for all who ask, and read by one at a time."""

    def __init__(self, parts: WebParts, hub: LiveHub) -> None:
        self._parts = parts
        self._hub = hub
        self._lock = threading.Lock()

    async def pnl(self, trading: WebTrading, by: By) -> PnlAnswer:
        def read(ledger: Ledger, marks: Marks) -> PnlAnswer:
            account = by_product(ledger, marks)
            rows: Sequence[PnlRow] = account
            if by is By.RUN:
                rows = by_run(ledger, marks)
            elif by is By.DAY:
                rows = by_day(ledger)[::-1]
            return PnlAnswer(
                now_ms=self._parts.clock.now_ms(),
                by=by.value,
                rows=[_row_answer(one) for one in rows],
                total=_row_answer(total(account)),
                deposits=exact(ledger.deposits),
                gaps=ledger.gaps,
                unknown_updates=len(ledger.unknown),
            )

        return await self._reckoned(trading, read)

    async def runs(self, trading: WebTrading) -> RunsAnswer:
        def read(ledger: Ledger, marks: Marks) -> RunsAnswer:
            wanted = trading.decisions.targets()
            rows = {one.key: one for one in by_run(ledger, marks)}
            holds = held(ledger, marks)
            found = [
                _run_answer(
                    run,
                    trading.runs.get(run.name),
                    [one for one in wanted if one.run == run.name],
                    [one for one in holds if one.run == run.name],
                    rows.get(run.name),
                    marks,
                )
                for run in trading.view.runs()
            ]
            found.sort(key=lambda run: (not run.is_configured, run.name))
            return RunsAnswer(now_ms=self._parts.clock.now_ms(), runs=found)

        return await self._reckoned(trading, read)

    async def _reckoned(
        self, trading: WebTrading, read: Callable[[Ledger, Marks], _T]
    ) -> _T:
        marks = self._marks()

        def work() -> _T:
            with self._lock:
                reader = trading.ledger
                return read(Ledger() if reader is None else reader.ledger(), marks)

        return await in_thread("database", work)

    def _marks(self) -> dict[str, Decimal | None]:
        """Of each symbol; an old one is none."""
        now_ms = self._parts.clock.now_ms()
        found: dict[str, Decimal | None] = {}
        for price in self._hub.of_kind(PriceKind.MARK):
            quote = judge_price(
                price.symbol,
                price,
                now_ms=now_ms,
                stale_after_ms=self._parts.price_stale_after_ms,
            )
            found[price.symbol] = price.price if isinstance(quote, Fresh) else None
        return found


def _row_answer(row: PnlRow) -> PnlRowAnswer:
    return PnlRowAnswer(
        key=row.key,
        realized=exact(row.realized),
        fees=exact(row.fees),
        funding=exact(row.funding),
        settled=exact(row.settled),
        unrealized=maybe(row.unrealized),
        net=maybe(row.net),
        volume=exact(row.volume),
        fills=row.fills,
        deposits=exact(row.deposits),
    )


def _run_answer(
    run: RunOf,
    limits: RunLimits | None,
    wanted: Sequence[StandingTarget],
    holds: Sequence[HeldRow],
    row: PnlRow | None,
    marks: Marks,
) -> RunAnswer:
    """``limits`` is None for a run that is not configured any more."""
    return RunAnswer(
        name=run.name,
        strategy=run.strategy,
        parameters=msgspec.json.decode(run.parameters),
        started_ms=run.started_ms,
        is_configured=limits is not None,
        targets=[
            RunTargetAnswer(
                symbol=one.granted.symbol,
                quantity=exact(one.granted.quantity),
                stop_loss=maybe(one.granted.stop_loss),
                take_profit=maybe(one.granted.take_profit),
                decision_id=one.decision_id,
                at_ms=one.at_ms,
            )
            for one in wanted
        ],
        positions=[
            RunPositionAnswer(
                symbol=one.symbol,
                quantity=exact(one.quantity),
                entry_price=maybe(one.entry_price),
                unrealized=maybe(one.unrealized),
            )
            for one in holds
        ],
        pnl=None if row is None else _row_answer(row),
        limits=[limit_answer(one) for one in _uses_of(limits, holds, row, marks)],
    )


def _uses_of(
    limits: RunLimits | None,
    holds: Sequence[HeldRow],
    row: PnlRow | None,
    marks: Marks,
) -> Sequence[Use]:
    if limits is None:
        return ()
    found = {
        one.symbol: None if (mark := marks.get(one.symbol)) is None
        else one.quantity * mark
        for one in holds
    }  # fmt: skip
    return run_uses(found, ZERO if row is None else row.net, limits)
