"""Trigger orders by mark price, alone, as children of an order, and for a position."""

import pytest

from hlsim.core.journal import Canceled, News
from hlsim.core.orders import (
    Grouping,
    OrderRequest,
    Rejected,
    Resting,
    Status,
    Tif,
    Tpsl,
    Waiting,
)
from tests.unit.hlsim.core.floor import ALICE, BOB, Floor, order, trigger
from tests.unit.hlsim.core.scripted_market import COIN, OTHER

TP, SL = Tpsl.TP, Tpsl.SL


@pytest.fixture
def floor() -> Floor:
    floor = Floor()
    floor.market.set_book(COIN, bids=[("90", "50")], asks=[("110", "50")])
    return floor


def market(floor: Floor, bid: str, ask: str, mark: str) -> list[News]:
    """Let the next block move the book and the mark price."""
    books = {COIN: ([(bid, "50")], [(ask, "50")])}
    floor.market.block(floor.now_ms + 200, books=books, marks={COIN: mark})
    return floor.pass_ms(200)


@pytest.mark.parametrize(
    ("side", "tpsl", "at", "short_of", "reached"),
    [
        ("sell", SL, "95", "95.0001", "95"),  # a long's stop waits below
        ("sell", TP, "105", "104.99", "105"),  # its profit above
        ("buy", SL, "105", "104.99", "105"),  # a short's stop waits above
        ("buy", TP, "95", "95.0001", "95"),
    ],
)
def test_a_market_trigger_trades_when_the_mark_price_reaches_it(
    floor: Floor, side: str, tpsl: Tpsl, at: str, short_of: str, reached: str
) -> None:
    (floor.long if side == "sell" else floor.short)(ALICE, "1")
    oid = floor.rest(ALICE, trigger(side, "1", at, tpsl))
    market(floor, at, at, short_of)
    assert floor.status(ALICE, oid) is Status.OPEN
    market(floor, at, at, reached)
    assert floor.status(ALICE, oid) is Status.FILLED
    assert floor.fill_texts(ALICE)[1:] == [f"{side} 1@{at}"]
    assert floor.szi(ALICE) == "0.0"
    told = [one.status for one in floor.exchange.journal.history(ALICE).orders]
    assert told[-3:] == [Status.OPEN, Status.TRIGGERED, Status.FILLED]


@pytest.mark.parametrize(
    ("side", "tpsl", "at", "limit"),
    [
        ("sell", SL, "95", "96"),
        ("sell", TP, "105", "106"),
        ("buy", SL, "105", "104"),
        ("buy", TP, "95", "94"),
    ],
)
def test_a_limit_trigger_rests_at_its_limit_once_it_is_reached(
    floor: Floor, side: str, tpsl: Tpsl, at: str, limit: str
) -> None:
    (floor.long if side == "sell" else floor.short)(ALICE, "1")
    oid = floor.rest(ALICE, trigger(side, "1", at, tpsl, limit=limit))
    assert floor.exchange.book(COIN).bids[0].sz == 5000  # it is not in the book
    market(floor, "90", "110", at)
    (rest,) = floor.open(ALICE)
    assert (rest.oid, rest.px, rest.waits) == (oid, floor.market.px(COIN, limit), False)
    assert floor.status(ALICE, oid) is Status.OPEN
    assert floor.exchange.matching.has_orders(COIN)


@pytest.mark.parametrize(
    ("side", "tpsl", "at"),
    [("sell", SL, "100"), ("sell", TP, "100"), ("buy", SL, "99"), ("buy", TP, "101")],
)
def test_a_trigger_that_is_reached_already_is_refused(
    floor: Floor, side: str, tpsl: Tpsl, at: str
) -> None:
    refused = floor.refused(ALICE, trigger(side, "1", at, tpsl, reduce_only=False))
    assert refused.text == "Invalid TP/SL price. asset=0"
    assert refused.status is Status.BAD_TRIGGER_PX_REJECTED


def test_a_trigger_does_not_look_at_what_trades(floor: Floor) -> None:
    floor.long(ALICE, "1")
    oid = floor.rest(ALICE, trigger("sell", "1", "95", SL))
    trade = floor.market.trade(COIN, "A", "90", "1")
    floor.market.block(floor.now_ms + 200, trades=[trade])
    floor.pass_ms(200)
    assert floor.status(ALICE, oid) is Status.OPEN


def test_a_trigger_trades_no_farther_than_its_limit(floor: Floor) -> None:
    floor.long(ALICE, "1")
    oid = floor.rest(ALICE, trigger("sell", "1", "95", SL))  # market: down to 85.5
    market(floor, "85", "95", "95")
    assert floor.status(ALICE, oid) is Status.MARKET_ORDER_NO_LIQUIDITY_REJECTED
    assert floor.szi(ALICE) == "1.0"


def test_a_waiting_trigger_is_canceled_like_any_order(floor: Floor) -> None:
    oid = floor.rest(ALICE, trigger("sell", "1", "95", SL))
    assert floor.cancel(ALICE, oid) is None
    market(floor, "90", "95", "95")
    assert floor.status(ALICE, oid) is Status.CANCELED


def test_an_opening_trigger_needs_its_margin_when_it_is_reached(floor: Floor) -> None:
    wish = trigger("buy", "200000", "105", SL, reduce_only=False)
    oid = floor.rest(ALICE, wish)
    assert floor.account(ALICE).bids == {}
    market(floor, "90", "105", "105")
    assert floor.status(ALICE, oid) is Status.PERP_MARGIN_REJECTED


def test_a_reduce_only_trigger_with_nothing_left_to_reduce_is_canceled(
    floor: Floor,
) -> None:
    oid = floor.rest(ALICE, trigger("sell", "1", "95", SL))  # nothing held
    market(floor, "90", "95", "95")
    assert floor.status(ALICE, oid) is Status.REDUCE_ONLY_CANCELED
    assert floor.szi(ALICE) == "0.0"


def bracket(floor: Floor, parent: OrderRequest) -> list[object]:
    """A parent with a take-profit at 105 and a stop at 95."""
    profit, stop = trigger("sell", "1", "105", TP), trigger("sell", "1", "95", SL)
    group = Grouping.NORMAL_TPSL
    return list(floor.batch(ALICE, parent, profit, stop, grouping=group))


def resting_bracket(floor: Floor) -> tuple[int, int, int]:
    """Return the oids of a resting parent, its take-profit and its stop."""
    parent, *children = bracket(floor, order("buy", "1", "99"))
    assert isinstance(parent, Resting)
    assert children == [Waiting.FOR_FILL, Waiting.FOR_FILL]
    return parent.oid, parent.oid + 1, parent.oid + 2


def test_children_wait_for_the_parents_fill(floor: Floor) -> None:
    _, profit, stop = resting_bracket(floor)
    market(floor, "90", "110", "94")
    assert {profit, stop} < set(floor.open_oids(ALICE))
    assert floor.fill_texts(ALICE) == []


def test_children_are_released_by_the_parents_whole_fill(floor: Floor) -> None:
    _, profit, stop = resting_bracket(floor)
    floor.sell(BOB, "0.4", "99")
    market(floor, "90", "110", "94")
    assert floor.szi(ALICE) == "0.4"  # the stop does not yet count
    market(floor, "90", "110", "100")
    floor.sell(BOB, "0.6", "99")
    assert floor.status(ALICE, stop) is Status.OPEN
    market(floor, "94", "110", "94")
    assert floor.status(ALICE, stop) is Status.FILLED
    assert floor.status(ALICE, profit) in (
        Status.SIBLING_FILLED_CANCELED,
        Status.REDUCE_ONLY_CANCELED,
    )
    assert floor.szi(ALICE) == "0.0"
    assert floor.open(ALICE) == []


def test_children_of_a_parent_that_fills_at_once_wait_for_their_trigger(
    floor: Floor,
) -> None:
    _, *children = bracket(floor, order("buy", "1", "110"))
    assert children == [Waiting.FOR_TRIGGER, Waiting.FOR_TRIGGER]
    market(floor, "105", "110", "105")
    assert floor.fill_texts(ALICE) == ["buy 1@110", "sell 1@105"]
    assert floor.open(ALICE) == []


def test_children_die_with_their_parent(floor: Floor) -> None:
    parent, profit, stop = resting_bracket(floor)
    assert floor.cancel(ALICE, parent) is None
    assert floor.open(ALICE) == []
    assert floor.status(ALICE, profit) is Status.CANCELED
    assert floor.status(ALICE, stop) is Status.CANCELED


def test_children_of_a_refused_parent_never_live(floor: Floor) -> None:
    (outcome,) = bracket(floor, order("buy", "1", "99", tif=Tif.IOC))
    assert isinstance(outcome, Rejected)
    assert floor.open(ALICE) == []


def test_a_sibling_is_canceled_once_the_other_fills(floor: Floor) -> None:
    # A second position is left, so that the sibling would have something to reduce.
    floor.long(ALICE, "5")
    bracket(floor, order("buy", "1", "110"))
    profit, stop = sorted(floor.open_oids(ALICE))
    news = market(floor, "105", "110", "105")
    assert floor.status(ALICE, profit) is Status.FILLED
    assert floor.status(ALICE, stop) is Status.SIBLING_FILLED_CANCELED
    assert Canceled(ALICE, COIN, stop) in news  # nobody asked for it
    assert floor.szi(ALICE) == "5.0"


def test_a_limit_sibling_ends_the_other_only_when_it_is_filled(floor: Floor) -> None:
    profit = trigger("sell", "1", "105", TP, limit="106")
    stop = trigger("sell", "1", "95", SL)
    parent = order("buy", "1", "110")
    group = Grouping.NORMAL_TPSL
    floor.batch(ALICE, parent, profit, stop, grouping=group)
    floor.long(ALICE, "1", px="100")
    profit_oid, stop_oid = sorted(floor.open_oids(ALICE))
    market(floor, "90", "120", "105")
    floor.buy(BOB, "0.5", "106")
    assert floor.status(ALICE, stop_oid) is Status.OPEN
    floor.buy(BOB, "0.5", "106")
    assert floor.status(ALICE, profit_oid) is Status.FILLED
    assert floor.status(ALICE, stop_oid) is Status.SIBLING_FILLED_CANCELED


def position_stop(floor: Floor, sz: str = "0") -> int:
    """Protect Alice's long as a whole; return the stop's oid."""
    stop = trigger("sell", sz, "95", SL)
    (outcome,) = floor.batch(ALICE, stop, grouping=Grouping.POSITION_TPSL)
    assert outcome is Waiting.FOR_TRIGGER
    (oid,) = floor.open_oids(ALICE)
    return oid


def test_a_stop_for_the_position_closes_what_the_position_has_become(
    floor: Floor,
) -> None:
    floor.long(ALICE, "1")
    oid = position_stop(floor)
    floor.long(ALICE, "2")
    market(floor, "94", "110", "94")
    assert floor.fill_texts(ALICE)[2:] == ["sell 3@94"]
    assert floor.status(ALICE, oid) is Status.FILLED
    assert floor.szi(ALICE) == "0.0"


def test_a_stop_for_the_position_goes_with_it(floor: Floor) -> None:
    floor.long(ALICE, "1")
    oid = position_stop(floor)
    floor.fill(ALICE, order("sell", "1", "90"))
    assert floor.status(ALICE, oid) is Status.REDUCE_ONLY_CANCELED


def test_a_stop_for_the_position_ignores_the_size_it_was_given(floor: Floor) -> None:
    floor.long(ALICE, "1")
    position_stop(floor, "0.5")
    floor.long(ALICE, "2")
    market(floor, "94", "110", "94")
    assert floor.fill_texts(ALICE)[2:] == ["sell 3@94"]


def test_only_triggers_may_be_children(floor: Floor) -> None:
    """A child in the book before its turn would let the book cross."""
    parent, child = order("buy", "1", "99"), order("sell", "1", "80")
    (outcome,) = floor.batch(ALICE, parent, child, grouping=Grouping.NORMAL_TPSL)
    assert outcome == Rejected(
        "Invalid TP/SL price. asset=0", Status.BAD_TRIGGER_PX_REJECTED
    )
    assert floor.open(ALICE) == []


def test_a_modified_stop_still_belongs_to_its_position(floor: Floor) -> None:
    floor.long(ALICE, "1")
    oid = position_stop(floor)
    floor.modify(ALICE, oid, trigger("sell", "0", "96", SL))
    assert [one.is_position_tpsl for one in floor.open(ALICE)] == [True]
    floor.long(ALICE, "2")
    market(floor, "95", "110", "96")
    assert floor.fill_texts(ALICE)[2:] == ["sell 3@95"]


def test_a_modified_child_still_ends_its_sibling(floor: Floor) -> None:
    floor.long(ALICE, "5")
    bracket(floor, order("buy", "1", "110"))
    profit, stop = sorted(floor.open_oids(ALICE))
    floor.modify(ALICE, profit, trigger("sell", "1", "104", TP))
    market(floor, "104", "110", "104")
    assert floor.status(ALICE, stop) is Status.SIBLING_FILLED_CANCELED


def test_a_modified_child_still_waits_for_its_parent(floor: Floor) -> None:
    parent, _, stop = resting_bracket(floor)
    outcome = floor.modify(ALICE, stop, trigger("sell", "1", "96", SL))
    assert outcome is Waiting.FOR_FILL
    market(floor, "90", "110", "95.5")
    assert floor.status(ALICE, stop) is Status.CANCELED
    assert len(floor.open(ALICE)) == 3
    assert floor.cancel(ALICE, parent) is None
    assert floor.open(ALICE) == []


def test_a_mark_price_that_moves_without_a_quote_triggers_too(floor: Floor) -> None:
    """A moving average goes on between the quotes of a quiet coin."""
    floor.long(ALICE, "1")
    oid = floor.rest(ALICE, trigger("sell", "1", "95", SL))
    floor.market.set_mark(COIN, "95")
    floor.mark("100", OTHER)
    assert floor.status(ALICE, oid) is Status.FILLED
