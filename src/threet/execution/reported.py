"""What the exchange reports, in the words of the reconciler."""

from threet.execution.reconciling import Book, Working
from threet.execution.wishes import Done
from threet.model.accounts import AccountRead
from threet.model.decisions import Verdict
from threet.model.intents import OrderIntent
from threet.model.numbers import ZERO
from threet.model.orders import OrderReport, Side


def marked(account: AccountRead, symbol: str) -> Book | None:
    """The exchange's own price, by what it says a position is worth: good enough for
    who wants out and has no other."""
    for one in account.positions:
        if one.symbol == symbol and one.position_value > ZERO:
            price = one.position_value / abs(one.quantity)
            return Book(bid=price, ask=price)
    return None


def vanished(intent: OrderIntent) -> Done:
    """What the exchange said that it had, and does not have (F43)."""
    what = f"{intent.spec.side.value} {intent.spec.quantity}: {intent.reason}"
    return Done(
        symbol=intent.spec.symbol,
        what=what,
        decision_id=intent.intent_id.rsplit("/", 2)[0],  # less symbol and leg
        verdicts=(Verdict(gate="seen at the exchange", passed=False, reason=what),),
        is_refused=True,
        is_vanished=True,
    )


def working(one: OrderReport, now_ms: int, *, is_stuck: bool = False) -> Working:
    """An order that is not ours has no cloid: it is counted, and cannot be canceled."""
    sign = 1 if one.side is Side.BUY else -1
    return Working(
        cloid=one.cloid,
        change=one.remaining * sign,
        price=one.limit_price,
        age_ms=now_ms - one.status_ms,
        trigger_price=one.trigger_price,
        is_stuck=is_stuck,
    )


def words_of(one: Working) -> str:
    side = Side.of(one.change).name
    return f"{side} {abs(one.change):f} at {one.price:f}"
