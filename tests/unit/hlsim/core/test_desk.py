"""How orders are judged, placed, changed and canceled, and what is answered."""

import pytest

from hlsim.core.commands import Done
from hlsim.core.orders import (
    Filled,
    Outcome,
    Rejected,
    Resting,
    Status,
    Tif,
)
from hlsim.core.refusal import Refused
from hlsim.core.terms import Terms
from tests.unit.hlsim.core.floor import ALICE, BOB, CAROL, Floor, order, usd
from tests.unit.hlsim.core.scripted_market import BUILT, COIN, OTHER, TIERED

CLOID = "0x" + "c1" * 16


@pytest.fixture
def floor() -> Floor:
    return Floor()


def text(outcome: Outcome) -> str:
    assert isinstance(outcome, Rejected), outcome
    return outcome.text


def test_a_gtc_order_trades_what_it_can_and_rests_with_the_remainder(
    floor: Floor,
) -> None:
    floor.rest(BOB, order("sell", "1", "100"))
    outcome = floor.buy(ALICE, "3", "100")
    assert isinstance(outcome, Resting)
    (rest,) = floor.open(ALICE)
    assert (rest.oid, rest.sz, rest.orig_sz) == (outcome.oid, 200, 300)
    assert floor.status(ALICE, outcome.oid) is Status.OPEN


def test_an_ioc_order_trades_what_it_can_and_the_remainder_is_canceled(
    floor: Floor,
) -> None:
    floor.rest(BOB, order("sell", "1", "100"))
    filled = floor.fill(ALICE, order("buy", "3", "100", tif=Tif.IOC))
    assert (filled.total_sz, filled.cost) == (100, usd("100"))
    assert floor.open(ALICE) == []
    assert floor.status(ALICE, filled.oid) is Status.CANCELED


def test_an_ioc_order_that_meets_nobody_is_refused(floor: Floor) -> None:
    floor.rest(BOB, order("sell", "1", "100.1"))
    refused = floor.refused(ALICE, order("buy", "1", "100", tif=Tif.IOC))
    assert refused.text == (
        "Order could not immediately match against any resting orders. asset=0"
    )
    assert refused.status is Status.IOC_CANCEL_REJECTED


def test_a_market_order_of_the_front_end_that_meets_nobody_has_no_liquidity(
    floor: Floor,
) -> None:
    wish = order("buy", "1", "100", tif=Tif.FRONTEND_MARKET)
    refused = floor.refused(ALICE, wish)
    assert refused.text == "No liquidity available for market order. asset=0"
    assert refused.status is Status.MARKET_ORDER_NO_LIQUIDITY_REJECTED


def test_a_post_only_order_that_would_trade_is_refused_with_the_best_prices(
    floor: Floor,
) -> None:
    floor.market.set_book(COIN, bids=[("99.5", "1")], asks=[("100", "1")])
    refused = floor.refused(ALICE, order("buy", "1", "100", tif=Tif.ALO))
    assert refused.text == (
        "Post only order would have immediately matched, bbo was 99.5@100. asset=0"
    )
    assert refused.status is Status.BAD_ALO_PX_REJECTED
    assert floor.fill_texts(ALICE) == []


def test_a_post_only_order_that_would_not_trade_rests(floor: Floor) -> None:
    floor.market.set_book(COIN, bids=[("99.5", "1")], asks=[("100", "1")])
    floor.rest(ALICE, order("buy", "1", "99.9", tif=Tif.ALO))
    floor.rest(ALICE, order("sell", "1", "100", tif=Tif.ALO))


def test_a_fault_that_the_payload_shows_is_told_once_for_the_whole_batch(
    floor: Floor,
) -> None:
    outcomes = floor.batch(
        ALICE,
        order("buy", "1", "99"),
        order("buy", "0.01", "99"),
        order("buy", "1", "99.123456", asset=OTHER),
    )
    assert [text(one) for one in outcomes] == [
        "Order must have minimum value of $10. asset=0"
    ]
    assert floor.open(ALICE) == []


def test_what_only_the_market_shows_is_told_order_by_order(floor: Floor) -> None:
    outcomes = floor.batch(
        ALICE, order("buy", "2", "99"), order("buy", "2", "200"), order("buy", "2", "9")
    )
    far = "Order price cannot be more than 80% away from the reference price asset=0"
    assert [type(one) for one in outcomes] == [Resting, Rejected, Rejected]
    assert [text(one) for one in outcomes[1:]] == [far, far]


def test_an_error_names_the_asset_as_the_wire_does(floor: Floor) -> None:
    refused = floor.refused(ALICE, order("buy", "1", "1000", asset=BUILT))
    assert refused.text.endswith(" asset=110000")


def test_an_order_that_the_account_cannot_carry_is_refused(floor: Floor) -> None:
    # A million at 20x carries 200,000 coins at 100.
    refused = floor.refused(ALICE, order("buy", "200000.01", "100"))
    assert refused.text == "Insufficient margin to place order. asset=0"
    assert refused.status is Status.PERP_MARGIN_REJECTED
    floor.rest(ALICE, order("buy", "200000", "100"))


def test_resting_orders_of_both_sides_share_margin_and_of_two_coins_do_not(
    floor: Floor,
) -> None:
    floor.rest(ALICE, order("buy", "200000", "99"))
    floor.rest(ALICE, order("sell", "200000", "101"))
    floor.refused(ALICE, order("buy", "1", "99", asset=OTHER))


def test_the_way_out_needs_no_margin(floor: Floor) -> None:
    floor.long(ALICE, "200000")
    floor.mark("98")  # 600,000 left, which carries 122,448 coins of 98
    floor.refused(ALICE, order("buy", "1", "98"))
    floor.rest(ALICE, order("sell", "200000", "101"))


def test_a_reduce_only_order_without_a_position_is_refused(floor: Floor) -> None:
    for side in ("buy", "sell"):
        refused = floor.refused(ALICE, order(side, "1", "100", reduce_only=True))
        assert refused.text == "Reduce only order would increase position. asset=0"
        assert refused.status is Status.REDUCE_ONLY_REJECTED


def test_a_reduce_only_order_that_would_add_is_refused(floor: Floor) -> None:
    floor.long(ALICE, "1")
    floor.refused(ALICE, order("buy", "1", "100", reduce_only=True))


def test_a_reduce_only_order_never_trades_more_than_the_position(floor: Floor) -> None:
    floor.long(ALICE, "1")
    floor.market.set_book(COIN, bids=[("99", "5")])
    wish = order("sell", "3", "99", tif=Tif.IOC, reduce_only=True)
    assert floor.fill(ALICE, wish).total_sz == 100
    assert floor.szi(ALICE) == "0.0"


def test_a_resting_reduce_only_order_trades_the_position_and_is_then_canceled(
    floor: Floor,
) -> None:
    floor.long(ALICE, "1")
    oid = floor.rest(ALICE, order("sell", "3", "101", reduce_only=True))
    floor.buy(BOB, "2", "101")
    assert floor.fill_texts(ALICE)[1:] == ["sell 1@101"]
    assert floor.status(ALICE, oid) is Status.REDUCE_ONLY_CANCELED
    assert floor.szi(ALICE) == "0.0"
    assert floor.open(ALICE) == []
    assert floor.szi(BOB) == "1.0"


def test_what_is_left_of_a_reduce_only_order_goes_with_the_position(
    floor: Floor,
) -> None:
    floor.long(ALICE, "1")
    oid = floor.rest(ALICE, order("sell", "3", "101", reduce_only=True))
    floor.buy(BOB, "1", "101")
    assert floor.status(ALICE, oid) is Status.REDUCE_ONLY_CANCELED
    assert floor.exchange.book(COIN).asks == ()


def test_reduce_only_orders_go_when_the_position_is_closed_otherwise(
    floor: Floor,
) -> None:
    floor.long(ALICE, "1")
    oid = floor.rest(ALICE, order("sell", "1", "101", reduce_only=True))
    floor.buy(BOB, "1", "99")
    floor.fill(ALICE, order("sell", "1", "99"))
    assert floor.status(ALICE, oid) is Status.REDUCE_ONLY_CANCELED


def test_a_reduce_only_order_of_size_zero_closes_the_whole_position(
    floor: Floor,
) -> None:
    floor.short(ALICE, "2.5")
    floor.market.set_book(COIN, asks=[("101", "9")])
    wish = order("buy", "0", "101", tif=Tif.IOC, reduce_only=True)
    assert floor.fill(ALICE, wish).total_sz == 250
    assert floor.szi(ALICE) == "0.0"


def test_reduce_only_orders_bind_no_margin(floor: Floor) -> None:
    floor.long(ALICE, "100000")
    floor.rest(ALICE, order("sell", "100000", "101", reduce_only=True))
    assert floor.account(ALICE).asks == {}


def test_an_order_is_canceled_once(floor: Floor) -> None:
    oid = floor.rest(ALICE, order("buy", "1", "99"))
    assert floor.cancel(ALICE, oid) is None
    assert floor.status(ALICE, oid) is Status.CANCELED
    assert floor.exchange.book(COIN).bids == ()
    never = "Order was never placed, already canceled, or filled. asset=0"
    assert floor.cancel(ALICE, oid) == never


def test_an_order_of_somebody_else_or_of_another_coin_is_not_canceled(
    floor: Floor,
) -> None:
    oid = floor.rest(ALICE, order("buy", "1", "99"))
    never = "Order was never placed, already canceled, or filled. asset="
    assert floor.cancel(BOB, oid) == never + "0"
    assert floor.cancel(ALICE, oid, OTHER) == never + "1"
    assert floor.open_oids(ALICE) == [oid]


def test_an_order_is_found_by_its_client_id_by_its_owner_alone(floor: Floor) -> None:
    oid = floor.rest(ALICE, order("buy", "1", "99", cloid=CLOID))
    assert floor.cancel(BOB, CLOID) is not None
    assert floor.cancel(ALICE, CLOID) is None
    assert floor.status(ALICE, oid) is Status.CANCELED
    assert floor.cancel(ALICE, CLOID) is not None


def test_outcomes_and_fills_carry_the_client_id(floor: Floor) -> None:
    resting = floor.place(BOB, order("sell", "1", "100", cloid=CLOID))
    filled = floor.fill(ALICE, order("buy", "1", "100", cloid=CLOID))
    assert isinstance(resting, Resting)
    assert resting.cloid == filled.cloid == CLOID
    assert [one.cloid for one in floor.fills(ALICE)] == [CLOID]


def test_a_modified_order_is_a_new_one_behind_the_others_with_the_same_client_id(
    floor: Floor,
) -> None:
    old = floor.rest(ALICE, order("buy", "1", "99", cloid=CLOID))
    floor.rest(BOB, order("buy", "1", "99"))
    outcome = floor.modify(ALICE, CLOID, order("buy", "1", "99"))
    assert isinstance(outcome, Resting)
    assert outcome.oid > old
    assert outcome.cloid == CLOID
    assert floor.status(ALICE, old) is Status.CANCELED
    floor.sell(CAROL, "1", "99")
    assert floor.fill_texts(BOB) == ["buy 1@99"]
    assert floor.cancel(ALICE, CLOID) is None


def test_a_modified_order_may_trade_at_once(floor: Floor) -> None:
    floor.market.set_book(COIN, asks=[("100", "1")])
    oid = floor.rest(ALICE, order("buy", "1", "99"))
    assert isinstance(floor.modify(ALICE, oid, order("buy", "1", "100")), Filled)


def test_a_new_order_that_does_not_fit_leaves_the_old_one(floor: Floor) -> None:
    oid = floor.rest(ALICE, order("buy", "1", "99"))
    outcome = floor.modify(ALICE, oid, order("buy", "1", "99.12345"))
    assert text(outcome) == "Price must be divisible by tick size. asset=0"
    assert floor.open_oids(ALICE) == [oid]


def test_what_does_not_live_cannot_be_modified(floor: Floor) -> None:
    outcome = floor.modify(ALICE, 1, order("buy", "1", "99"))
    assert text(outcome) == "Cannot modify canceled or filled order"


def test_trading_is_halted_for_a_delisted_coin(floor: Floor) -> None:
    floor.exchange.delist(COIN)
    refused = floor.refused(ALICE, order("buy", "1", "100"))
    assert refused.text == "Trading is halted. asset=0"


def test_delisting_cancels_all_orders_of_the_coin(floor: Floor) -> None:
    oid = floor.rest(ALICE, order("buy", "1", "99"))
    kept = floor.rest(ALICE, order("buy", "1", "99", asset=OTHER))
    floor.exchange.delist(COIN)
    assert floor.status(ALICE, oid) is Status.DELISTED_CANCELED
    assert floor.open_oids(ALICE) == [kept]


def test_delisting_settles_positions_at_the_mark_without_fee(floor: Floor) -> None:
    floor.fill_between(ALICE, BOB, "2")
    cash = floor.exchange.clearing.accounts.cash
    mark = floor.market.mark_px(COIN, floor.now_ms)
    floor.exchange.delist(COIN)
    settled, other = floor.fills(ALICE)[-1], floor.fills(BOB)[-1]
    assert str(settled.dir) == str(other.dir) == "Settlement"
    assert (settled.px, settled.sz, settled.fee) == (mark, 200, 0)
    assert settled.closed_pnl == -other.closed_pnl
    assert not settled.is_buy
    assert other.is_buy
    assert floor.exchange.account(ALICE).positions == {}
    assert floor.exchange.clearing.open_interest[COIN] == 0
    assert floor.exchange.clearing.accounts.cash == cash


def test_only_post_only_orders_are_taken_in_a_post_only_phase(floor: Floor) -> None:
    floor.exchange.judge.post_only_until_ms = floor.now_ms + 1
    refused = floor.refused(ALICE, order("buy", "1", "99"))
    assert refused.text.startswith("Only post-only orders allowed immediately")
    floor.rest(ALICE, order("buy", "1", "99", tif=Tif.ALO))
    floor.pass_ms(1)
    floor.rest(ALICE, order("buy", "1", "99"))


def test_a_thousand_orders_may_be_open_and_of_reduce_only_ones_no_more(
    floor: Floor,
) -> None:
    floor.long(ALICE, "1")
    for _ in range(1000):
        floor.rest(ALICE, order("buy", "0.2", "90"))
    refused = floor.refused(ALICE, order("buy", "0.2", "90"))
    assert refused.text == "Too many open orders. asset=0"
    assert refused.status is Status.TOO_MANY_OPEN_ORDERS_REJECTED
    floor.refused(ALICE, order("sell", "1", "110", reduce_only=True))
    # Five million of volume allow one more, but none that is reduce-only.
    floor.have_traded(ALICE, "5000000")
    floor.refused(ALICE, order("sell", "1", "110", reduce_only=True))
    floor.rest(ALICE, order("buy", "0.2", "90"))
    floor.refused(ALICE, order("buy", "0.2", "90"))


def test_a_reduce_only_order_that_closed_the_position_was_filled(floor: Floor) -> None:
    floor.long(ALICE, "1")
    floor.market.set_book(COIN, bids=[("99", "5")])
    filled = floor.fill(ALICE, order("sell", "3", "99", reduce_only=True))
    assert filled.total_sz == 100
    assert floor.status(ALICE, filled.oid) is Status.REDUCE_ONLY_CANCELED
    assert floor.open(ALICE) == []


def test_a_client_id_used_again_means_the_newest_order(floor: Floor) -> None:
    first = floor.rest(ALICE, order("buy", "1", "99", cloid=CLOID))
    second = floor.rest(ALICE, order("buy", "1", "98", cloid=CLOID))
    assert floor.cancel(ALICE, first) is None
    assert floor.cancel(ALICE, CLOID) is None
    assert floor.status(ALICE, second) is Status.CANCELED


def test_a_large_position_may_not_have_the_leverage_of_a_small_one() -> None:
    floor = Floor()
    for user in (ALICE, CAROL):
        floor.exchange.deposit(user, usd("10000000"), floor.now_ms)
        floor.leverage(user, 40, asset=TIERED)
    # From 150 million on at most 20x.
    refused = floor.refused(ALICE, order("buy", "1500000", "100", asset=TIERED))
    assert refused.text == (
        "Order would cause position to exceed margin tier limit at current leverage"
        " asset=2"
    )
    assert refused.status is Status.PERP_MAX_POSITION_REJECTED
    floor.long(ALICE, "1499999.99", asset=TIERED)
    floor.refused(ALICE, order("buy", "0.2", "100", asset=TIERED))
    floor.rest(ALICE, order("sell", "1", "101", asset=TIERED))
    floor.mark("101", TIERED)  # the price may take it there
    floor.rest(ALICE, order("sell", "1", "102", asset=TIERED))
    assert floor.leverage(ALICE, 20, asset=TIERED) == Done()
    assert floor.leverage(ALICE, 21, asset=TIERED) == Refused("Invalid leverage value")


def test_terms_let_a_partly_filled_gtc_answer_filled() -> None:
    floor = Floor(terms=Terms(partial_gtc_is_filled=True))
    floor.rest(BOB, order("sell", "1", "100"))
    outcome = floor.place(ALICE, order("buy", "3", "100"))
    assert isinstance(outcome, Filled)
    assert outcome.total_sz == 100
    assert floor.open_oids(ALICE) == [outcome.oid]


def test_terms_let_the_errors_of_a_batch_be_told_for_each_order() -> None:
    floor = Floor(terms=Terms(batch_errors_are_each=True))
    good, bad = order("buy", "1", "90"), order("buy", "1", "90.12345")
    outcomes = floor.batch(ALICE, bad, good, bad)
    tick = "Price must be divisible by tick size. asset=0"
    assert [text(outcomes[0]), text(outcomes[2])] == [tick] * 2
    assert isinstance(outcomes[1], Resting)
    assert floor.open_oids(ALICE) == [outcomes[1].oid]
