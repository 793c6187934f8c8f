"""The cards: what each is for, what it costs, and what must be seen.

Their prose is in docs/acceptance. A card that cannot be run is done by hand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from threet.execution.acceptance.stand import Seen, Stand, told
from threet.execution.round_trip import far_order
from threet.model.orders import OrderSpec, Side, TimeInForce, Trigger, TriggerKind
from threet.model.products import FIRST_DEX, dex_of
from threet.ports.order_desk import Accepted, Burned, NotFound, Refused

_SETTLE_SECS = 2.0
_SCHEDULE_MS = 6_000
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Card:
    number: int
    title: str
    cost: str
    run: Callable[[Stand], Seen] | None  # None: by hand


def noop_fence(stand: Stand) -> Seen:
    """An order sent after its nonce was burned never lands."""
    nonce = stand.next_nonce()
    burned = stand.desk.burn(nonce)
    ticket = stand.ticket(stand.far(), nonce=nonce)
    answer = stand.place(ticket)
    stand.wait(_SETTLE_SECS)
    found = stand.desk.look_up(ticket.cloid)
    return Seen(
        burned is Burned.ACCEPTED
        and not isinstance(answer, Accepted)
        and isinstance(found, NotFound),
        [
            f"noop: {burned.value if isinstance(burned, Burned) else burned.reason}",
            f"order of the same nonce: {told(answer)}",
            f"by its cloid: {type(found).__name__}",
        ],
    )


def duplicate_cloid(stand: Stand) -> Seen:
    """What the venue makes of a second order with the same cloid."""
    first = stand.ticket(stand.far())
    second = stand.ticket(stand.far(), cloid=first.cloid)
    answers = [stand.place(first), stand.place(second)]
    stand.wait(_SETTLE_SECS)
    resting = stand.resting(first.cloid)
    for _ in resting:
        stand.cancel(first.cloid)
    left = stand.resting(first.cloid)
    return Seen(
        None if isinstance(answers[0], Accepted) else False,
        [
            f"first: {told(answers[0])}",
            f"second, same cloid: {told(answers[1])}",
            f"{len(resting)} rested; after as many cancels by cloid {len(left)}",
        ],
    )


def expires_after(stand: Stand) -> Seen:
    """An order that arrives after its expiry has no effect."""
    ticket = stand.ticket(stand.far(), expires_ms=stand.server_ms() - 1_000)
    answer = stand.place(ticket)
    stand.wait(_SETTLE_SECS)
    found = stand.desk.look_up(ticket.cloid)
    return Seen(
        isinstance(answer, Refused) and isinstance(found, NotFound),
        [f"order, expired: {told(answer)}", f"by its cloid: {type(found).__name__}"],
    )


def schedule_cancel(stand: Stand) -> Seen:
    """The dead man's switch: who may arm it, and what it does."""
    ticket = stand.ticket(stand.far())
    placed = stand.place(ticket)
    at_ms = stand.server_ms() + _SCHEDULE_MS
    armed = stand.desk.schedule_cancel(at_ms, stand.next_nonce())
    lines = [f"order: {told(placed)}", f"scheduleCancel: {told(armed)}"]
    if not isinstance(armed, Accepted):
        is_rule = isinstance(armed, Refused) and "volume" in armed.reason
        return Seen(is_rule, [*lines, "not enough was traded to see more"])
    stand.wait(_SCHEDULE_MS / 1000 + _SETTLE_SECS)
    status = stand.status(ticket.cloid)
    return Seen(not stand.rests(ticket.cloid), [*lines, f"afterwards: {status}"])


def trigger_outlives_us(stand: Stand) -> Seen:
    """A trigger order stands though every connection is gone."""
    far = stand.far()
    price = far_order(stand.symbol, stand.mark() * 3, stand.decimals).limit_price
    spec = msgspec.structs.replace(
        far,
        limit_price=price,
        time_in_force=TimeInForce.GTC,
        trigger=Trigger(kind=TriggerKind.STOP_LOSS, price=price),
    )
    ticket = stand.ticket(spec)
    answer = stand.place(ticket)
    stand.reconnect()
    stand.wait(_SETTLE_SECS)
    rests = stand.rests(ticket.cloid)
    canceled = stand.cancel(ticket.cloid)
    return Seen(
        rests and isinstance(canceled, Accepted),
        [
            f"trigger order: {told(answer)}",
            f"over new connections it {'rests' if rests else 'is gone'}",
            f"cancel: {told(canceled)}",
        ],
    )


def order_of_news(stand: Stand) -> Seen:
    """In which order fills and the states of their orders are told."""
    lines: list[str] = []

    def trade() -> None:
        buy = stand.ticket(stand.crossing(Side.BUY))
        lines.append(f"buy: {told(stand.place(buy))}")
        sell = stand.ticket(stand.crossing(Side.SELL, reduce_only=True))
        lines.append(f"sell: {told(stand.place(sell))}")

    heard = stand.heard(trade)
    fills = sum(1 for one in heard if one.startswith("fill"))
    return Seen(fills >= 2, [*lines, *heard])  # noqa: PLR2004  # one of each


def agents_end(stand: Stand) -> Seen:
    """Until when the agents may sign, and the words for a key that may not."""
    now_ms = stand.clock.now_ms()
    lines = []
    for one in stand.agents():
        until_ms = one.valid_until_ms
        days = "untold" if until_ms is None else f"{(until_ms - now_ms) / _DAY_MS:.1f}"
        lines.append(f"agent {one.name or '(unnamed)'} {one.address}: {days} days")
    answer = stand.place(stand.ticket(stand.far()), stand.stranger)
    lines.append(f"order by an unknown key: {told(answer)}")
    return Seen(isinstance(answer, Refused), lines)


def post_only_crossing(stand: Stand) -> Seen:
    """A post-only order that would trade is refused, in words that are known."""
    spec: OrderSpec = msgspec.structs.replace(
        stand.crossing(Side.BUY), time_in_force=TimeInForce.ALO
    )
    ticket = stand.ticket(spec)
    answer = stand.place(ticket)
    return Seen(isinstance(answer, Refused), [f"post-only order: {told(answer)}"])


def builders_cloid(stand: Stand) -> Seen:
    """An order with a cloid rests on a builder dex, and is found by it (F43)."""
    if dex_of(stand.symbol) == FIRST_DEX:
        return Seen(
            None, ["not tried: name a builder dex's product, --symbol dex:NAME"]
        )
    ticket = stand.ticket(stand.far())
    answer = stand.place(ticket)
    stand.wait(_SETTLE_SECS)
    status, resting = stand.status(ticket.cloid), stand.resting(ticket.cloid)
    canceled = stand.cancel(ticket.cloid)
    return Seen(
        isinstance(answer, Accepted) and bool(resting) and status is not None,
        [
            f"order on {stand.symbol}: {told(answer)}",
            f"by its cloid: {status or 'unknown'}",
            f"open orders of the cloid: {list(resting)}",
            f"canceled by its cloid: {told(canceled)}",
        ],
    )


CARDS: Sequence[Card] = (
    Card(1, "a burned nonce is a fence", "2 actions", noop_fence),
    Card(2, "the same cloid twice", "4 actions", duplicate_cloid),
    Card(3, "an order after its expiry", "5 actions", expires_after),
    Card(4, "the dead man's switch", "3 actions", schedule_cancel),
    Card(5, "cloid on a builder's dex", "2 actions", builders_cloid),
    Card(6, "a trigger order outlives us", "2 actions", trigger_outlives_us),
    Card(7, "the order of news", "about 0.02 USDC", order_of_news),
    Card(8, "the agent's end", "1 action", agents_end),
    Card(9, "a post-only order that would trade", "1 action", post_only_crossing),
    Card(10, "the post-only phase", "by hand", None),
    Card(11, "limits and their words", "by hand", None),
)
