"""What evidence proves about an intent; the law behind it as a property."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from threet.execution.exchange_time import ExchangeTime
from threet.execution.resolving import (
    EXPIRY_MARGIN_MS,
    VISIBLE_MS,
    Evidence,
    Resolution,
    Step,
    begin,
    weigh,
)
from threet.model.errors import InvalidValueError
from threet.model.intents import (
    IntentState,
    OrderIntent,
    cloid_of,
    next_nonce,
    prepared,
)
from threet.model.orders import OrderReport, OrderSpec, Side
from threet.ports.order_desk import (
    Accepted,
    Burned,
    Found,
    NotFound,
    NotSent,
    Refused,
    Unknown,
)

NOW_MS = 1_790_000_000_000
LIVES_MS = 15_000
LATE_MS = NOW_MS + LIVES_MS + EXPIRY_MARGIN_MS + 1
SPEC = OrderSpec(
    symbol="BTC", side=Side.BUY, quantity=Decimal("0.1"), limit_price=Decimal(60_000)
)


def intent() -> OrderIntent:
    return prepared("run/7/0", SPEC, nonce=NOW_MS, now_ms=NOW_MS, lives_ms=LIVES_MS)


def report(status: str) -> OrderReport:
    return OrderReport(
        symbol="BTC",
        oid=77,
        cloid=intent().cloid,
        side=Side.BUY,
        quantity=Decimal("0.1"),
        remaining=Decimal("0.1"),
        limit_price=Decimal(60_000),
        status=status,
        status_ms=NOW_MS,
    )


def settled(*evidence: Evidence) -> Resolution:
    one = begin(intent())
    for each in evidence:
        one = weigh(one, each)
    return one


def test_the_same_decision_has_the_same_cloid_and_another_has_another() -> None:
    assert cloid_of("a/1/0") == cloid_of("a/1/0") != cloid_of("a/1/1")
    assert len(cloid_of("a/1/0")) == 34


def test_f27_nonces_rise_when_the_clock_stands_or_steps_back() -> None:
    nonces = [1_000]
    for now_ms in (1_000, 1_000, 900, 2_000):
        nonces.append(next_nonce(nonces[-1], now_ms))
    assert nonces == [1_000, 1_001, 1_002, 1_003, 2_000]


def test_o7_a_nonce_that_no_exchange_can_have_taken_bars_no_other() -> None:
    day_ms, now_ms = 86_400_000, 1_790_000_000_000
    hours_ahead = now_ms + day_ms - 2
    assert next_nonce(hours_ahead, now_ms) == hours_ahead + 1
    one = next_nonce(now_ms + 3 * day_ms, now_ms)
    assert now_ms < one < now_ms + day_ms
    assert next_nonce(one, now_ms) == one + 1


def test_o7_the_nonce_that_follows_one_of_days_ahead_fits_by_any_clock_believed() -> (
    None
):
    """Ours may be ten minutes ahead of the exchange's, and is signed by."""
    told_ms, day_ms = 1_790_000_000_000, 86_400_000
    ours_ms = ExchangeTime(told_ms, 0.0, 0.0).held(told_ms + 600_000, 0.0)
    assert ours_ms == told_ms + 600_000
    assert next_nonce(told_ms + 3 * day_ms, ours_ms) < told_ms + day_ms


def test_an_answer_settles_it() -> None:
    assert settled(Accepted(7)).intent.state is IntentState.LANDED
    refused = settled(Refused("too small")).intent
    assert (refused.state, refused.reason) == (IntentState.REFUSED, "too small")


def test_what_was_kept_back_never_lands() -> None:
    assert settled(NotSent("no weight left")).intent.state is IntentState.DEAD


def test_o1_f10_f12_a_timeout_proves_nothing_and_is_looked_up() -> None:
    one = settled(Unknown("timeout"))
    assert (one.intent.state, one.step) == (IntentState.OPEN, Step.LOOK_UP)


def test_o1_an_order_that_is_found_landed() -> None:
    one = settled(Unknown("502"), Found(report("open"))).intent
    assert (one.state, one.oid) == (IntentState.LANDED, 77)


def test_an_order_that_is_found_rejected_was_refused() -> None:
    found = settled(Unknown("502"), Found(report("minTradeNtlRejected"))).intent
    assert (found.state, found.reason) == (IntentState.REFUSED, "minTradeNtlRejected")


def test_o2_not_found_is_burned_before_it_is_believed() -> None:
    one = settled(Unknown("reset"), NotFound(NOW_MS + 100))
    assert (one.intent.state, one.step) == (IntentState.OPEN, Step.BURN)
    assert weigh(one, Burned.ACCEPTED).intent.state is IntentState.DEAD


def test_o3_a_nonce_that_was_used_is_looked_for_again() -> None:
    """The order overtook the noop, and is not visible yet."""
    one = settled(NotFound(NOW_MS + 100), Burned.USED, NotFound(NOW_MS + 200))
    assert (one.intent.state, one.step) == (IntentState.OPEN, Step.LOOK_UP)
    assert weigh(one, Found(report("filled"))).intent.state is IntentState.LANDED


def test_a_used_nonce_without_an_order_was_a_refusal_once_the_time_is_over() -> None:
    one = settled(NotFound(NOW_MS), Burned.USED, NotFound(LATE_MS)).intent
    assert one.state is IntentState.REFUSED


def test_o7_an_expiry_by_a_clock_that_was_ahead_is_not_waited_for() -> None:
    """Once the nonce is used nothing more can come of it but to become visible."""
    ahead = msgspec.structs.replace(intent(), expires_ms=NOW_MS + 3_600_000)
    one = begin(ahead)
    for evidence in (NotFound(NOW_MS), Burned.USED, NotFound(NOW_MS + 1_000)):
        one = weigh(one, evidence)
    assert not weigh(one, NotFound(NOW_MS + 1_000 + VISIBLE_MS)).intent.state.is_settled
    over = weigh(one, NotFound(NOW_MS + 1_001 + VISIBLE_MS)).intent
    assert over.state is IntentState.REFUSED
    late = weigh(one, Found(report("filled"))).intent
    assert late.state is IntentState.LANDED


def test_what_is_not_there_after_its_expiry_can_never_land() -> None:
    assert settled(NotFound(LATE_MS)).intent.state is IntentState.DEAD
    at_its_expiry = settled(NotFound(NOW_MS + LIVES_MS))
    assert at_its_expiry.intent.state is IntentState.OPEN


@pytest.mark.parametrize("late", [Accepted(9), Refused("?"), Burned.ACCEPTED])
def test_what_is_settled_stays_settled(late: Evidence) -> None:
    one = settled(Found(report("open")), late).intent
    assert (one.state, one.oid) == (IntentState.LANDED, 77)


def test_a_status_nobody_knows_is_refused_and_unknown_endings_are_read() -> None:
    assert report("somethingNewRejected").phase.is_over
    assert report("somethingNewCanceled").phase.is_over
    with pytest.raises(InvalidValueError):
        report("somethingNew")


def test_f26_an_order_of_size_0_cannot_be_made() -> None:
    with pytest.raises(InvalidValueError):
        OrderSpec(
            symbol="BTC",
            side=Side.SELL,
            quantity=Decimal(0),
            limit_price=Decimal(1),
            reduce_only=True,
        )


@given(
    lands_at=st.none() | st.integers(0, LIVES_MS),
    seen_after=st.integers(0, EXPIRY_MARGIN_MS),
    is_heard=st.lists(st.booleans(), max_size=40),
)
def test_i1_whatever_is_lost_the_verdict_is_what_happened(
    lands_at: int | None, seen_after: int, is_heard: list[bool]
) -> None:
    """The order lands at some time before its expiry, or never, and is visible a while
    later; a noop that comes first uses its nonce up; any answer may be lost."""
    one, now, burned = begin(intent()), 0, False
    heard = iter(is_heard)
    for _ in range(200):
        if one.step is None:
            break
        now += 700
        landed = lands_at is not None and lands_at <= now and not burned
        if one.step is Step.BURN:
            evidence: Evidence = Burned.USED if landed or burned else Burned.ACCEPTED
            if not landed:
                burned, lands_at = True, None
        elif landed and lands_at is not None and now >= lands_at + seen_after:
            evidence = Found(report("open"))
        else:
            evidence = NotFound(NOW_MS + now)
        one = weigh(one, evidence if next(heard, True) else Unknown("lost"))
    truth = lands_at is not None
    assert one.intent.state.is_settled
    assert (one.intent.state is IntentState.LANDED) is truth


def on_a_dex() -> Resolution:
    spec = msgspec.structs.replace(SPEC, symbol="xyz:AAPL")
    made = prepared("run/7/0", spec, nonce=NOW_MS, now_ms=NOW_MS, lives_ms=LIVES_MS)
    return begin(made)


def test_f43_on_a_builder_dex_an_order_is_believed_when_it_is_seen() -> None:
    claimed = weigh(on_a_dex(), Accepted(77))
    assert (claimed.intent.state, claimed.step) == (IntentState.OPEN, Step.LOOK_UP)
    seen = weigh(claimed, Found(report("open")))
    assert (seen.intent.state, seen.intent.oid) == (IntentState.LANDED, 77)


def test_f43_an_order_that_is_not_there_was_never_placed_and_the_reason_says_so() -> (
    None
):
    claimed = weigh(on_a_dex(), Accepted(77))
    burning = weigh(claimed, NotFound(NOW_MS + 1))
    assert burning.step is Step.BURN
    dead = weigh(burning, Burned.ACCEPTED)
    assert dead.intent.state is IntentState.DEAD
    assert "said it has the order" in dead.intent.reason
    used = weigh(burning, Burned.USED)
    looked = weigh(used, NotFound(NOW_MS + 2))
    assert looked.intent.state is IntentState.OPEN  # it may become visible yet
    gone = weigh(looked, NotFound(NOW_MS + 3 + VISIBLE_MS))
    assert gone.intent.state is IntentState.REFUSED
    assert "said it has the order" in gone.intent.reason


def test_on_the_first_dex_the_answer_is_proof() -> None:
    assert weigh(begin(intent()), Accepted(77)).intent.state is IntentState.LANDED
