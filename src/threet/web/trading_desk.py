"""Trading as the API shows it: reads, and puts into the words of the answers."""

from collections.abc import Sequence
from decimal import Decimal

from threet.bootstrap import WebParts
from threet.market_data.staleness import age_ms
from threet.model.decisions import Decision, Granted
from threet.model.intents import IntentState
from threet.model.money import EquityCheck
from threet.model.targets import Target
from threet.ports.halt_store import HaltStore
from threet.ports.trading_view import (
    FillOf,
    IntentOf,
    Page,
    TradingView,
    place_of,
)
from threet.web.answers import exact
from threet.web.trading_answers import (
    DecisionAnswer,
    DecisionsAnswer,
    EquityAnswer,
    EquityCheckAnswer,
    EquityPointAnswer,
    FillAnswer,
    FillsAnswer,
    GrantedAnswer,
    HaltAnswer,
    HaltsAnswer,
    InputAnswer,
    IntentAnswer,
    TargetAnswer,
    VerdictAnswer,
)
from threet.web.waiting import in_thread

_STATES = {
    IntentState.OPEN: "unknown",
    IntentState.LANDED: "landed",
    IntentState.REFUSED: "refused",
    IntentState.DEAD: "dead",
}


async def read_decisions(
    parts: WebParts, view: TradingView, page: Page
) -> DecisionsAnswer:
    found = await in_thread("database", lambda: view.decisions(and_one(page)))
    return DecisionsAnswer(
        now_ms=parts.clock.now_ms(),
        decisions=[decision_answer(one) for one in found[: page.limit]],
        next=next_of(found, page),
    )


async def read_fills(parts: WebParts, view: TradingView, page: Page) -> FillsAnswer:
    found = await in_thread("database", lambda: view.fills(and_one(page)))
    return FillsAnswer(
        now_ms=parts.clock.now_ms(),
        fills=[_fill_answer(one) for one in found[: page.limit]],
        next=next_of(found, page),
    )


async def read_halts(parts: WebParts) -> HaltsAnswer:
    """Of every account; without trading there is none."""
    trading = parts.trading

    def read() -> list[tuple[str, list[HaltAnswer]]]:
        accounts = {} if trading is None else trading.halts()
        return [(name, _halts_of(name, one)) for name, one in accounts.items()]

    found = await in_thread("database", read)
    halts = [halt for _, own in found for halt in own]
    return HaltsAnswer(
        now_ms=parts.clock.now_ms(),
        is_halted=bool(halts),
        accounts=[name for name, _ in found],
        halts=halts,
    )


async def read_equity(parts: WebParts, since_ms: int, points: int) -> EquityAnswer:
    address, now_ms = parts.address, parts.clock.now_ms()
    found: Sequence[tuple[int, Decimal]] = ()
    if address is not None:
        found = await in_thread(
            "database", lambda: parts.accounts.equities(address, since_ms)
        )
    check = None
    if parts.trading is not None:
        check = await in_thread("database", parts.trading.last_check)
    newest_ms = found[-1][0] if found else None
    is_old = newest_ms is None or (
        age_ms(newest_ms, now_ms) > parts.account_stale_after_ms
    )
    return EquityAnswer(
        now_ms=now_ms,
        state="missing" if newest_ms is None else "stale" if is_old else "fresh",
        points=[
            EquityPointAnswer(at_ms=at_ms, equity=exact(equity))
            for at_ms, equity in thinned(found, points)
        ],
        check=None if check is None else _check_answer(check),
    )


def _check_answer(check: EquityCheck) -> EquityCheckAnswer:
    return EquityCheckAnswer(
        account_ms=check.account_ms,
        account_value=exact(check.account_value),
        expected=exact(check.expected),
        difference=exact(check.difference),
        verdict=check.verdict.value,
    )


def thinned(
    readings: Sequence[tuple[int, Decimal]], most: int
) -> Sequence[tuple[int, Decimal]]:
    """Of each of ``most`` equal parts of the time its last reading, none invented."""
    if len(readings) <= most:
        return readings
    first_ms = readings[0][0]
    part_ms = (readings[-1][0] - first_ms) // most + 1
    last_of = {(at_ms - first_ms) // part_ms: (at_ms, of) for at_ms, of in readings}
    return list(last_of.values())


def next_of(found: Sequence[Decision | FillOf | IntentOf], page: Page) -> str | None:
    """Whether there was one more than the page, and where it then ended."""
    if len(found) <= page.limit:
        return None
    at_ms, key = place_of(found[page.limit - 1])
    return f"{at_ms}~{key}"


def and_one(page: Page) -> Page:
    """One more than asked for tells whether there are more."""
    return Page(
        limit=page.limit + 1,
        symbol=page.symbol,
        run=page.run,
        since_ms=page.since_ms,
        before=page.before,
    )


def decision_answer(one: Decision) -> DecisionAnswer:
    return DecisionAnswer(
        decision_id=one.decision_id,
        run=one.run,
        event=one.event,
        at_ms=one.at_ms,
        because=one.because,
        values=one.values,
        inputs=[
            InputAnswer(name=given.name, value=given.value, age_ms=given.age_ms)
            for given in one.inputs
        ],
        targets=[_target_answer(target) for target in one.targets],
        verdicts=[
            VerdictAnswer(gate=word.gate, passed=word.passed, reason=word.reason)
            for word in one.verdicts
        ],
        granted=[_granted_answer(granted) for granted in one.granted],
        traceparent=one.traceparent,
    )


def _target_answer(target: Target) -> TargetAnswer:
    return TargetAnswer(
        symbol=target.symbol,
        amount=exact(target.amount),
        measure=target.measure.value,
        stop_loss=maybe(target.stop_loss),
        take_profit=maybe(target.take_profit),
    )


def _granted_answer(granted: Granted) -> GrantedAnswer:
    return GrantedAnswer(
        symbol=granted.symbol,
        quantity=exact(granted.quantity),
        stop_loss=maybe(granted.stop_loss),
        take_profit=maybe(granted.take_profit),
    )


def _fill_answer(found: FillOf) -> FillAnswer:
    fill = found.fill
    return FillAnswer(
        symbol=fill.symbol,
        tid=fill.tid,
        oid=fill.oid,
        cloid=fill.cloid,
        run=found.run,
        side=fill.side.value,
        price=exact(fill.price),
        quantity=exact(fill.quantity),
        fee=exact(fill.fee),
        closed_pnl=exact(fill.closed_pnl),
        start_position=exact(fill.start_position),
        time_ms=fill.time_ms,
        is_taker=fill.is_taker,
        is_liquidation=fill.is_liquidation,
    )


def intent_answer(found: IntentOf) -> IntentAnswer:
    intent, spec = found.intent, found.intent.spec
    trigger = spec.trigger
    return IntentAnswer(
        intent_id=intent.intent_id,
        cloid=intent.cloid,
        run=found.run,
        symbol=spec.symbol,
        side=spec.side.value,
        quantity=exact(spec.quantity),
        limit_price=exact(spec.limit_price),
        time_in_force=spec.time_in_force.value,
        reduce_only=spec.reduce_only,
        trigger=None if trigger is None else trigger.kind.value,
        trigger_price=None if trigger is None else exact(trigger.price),
        state=_STATES[intent.state],
        created_ms=intent.created_ms,
        expires_ms=intent.expires_ms,
        oid=intent.oid,
        reason=intent.reason,
    )


def _halts_of(account: str, store: HaltStore) -> list[HaltAnswer]:
    return [
        HaltAnswer(
            account=account, cause=one.cause, reason=one.reason, since_ms=one.since_ms
        )
        for one in store.halts()
    ]


def maybe(value: Decimal | None) -> str | None:
    return None if value is None else exact(value)
