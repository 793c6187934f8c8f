"""Price first, then time: among users, and between users and the market's ladders."""

import pytest

from hlsim.core.orders import Filled, Status, Tif
from tests.unit.hlsim.core.floor import ALICE, BOB, CAROL, Floor, order, usd
from tests.unit.hlsim.core.scripted_market import COIN, MAKER


def test_the_better_price_trades_before_the_earlier_order() -> None:
    floor = Floor()
    floor.rest(ALICE, order("sell", "1", "101"))
    floor.rest(BOB, order("sell", "1", "100.5"))
    floor.fill(CAROL, order("buy", "1.5", "101"))
    assert floor.fill_texts(CAROL) == ["buy 1@100.5", "buy 0.5@101"]


def test_the_earlier_order_of_a_price_trades_first() -> None:
    floor = Floor()
    first = floor.rest(ALICE, order("buy", "1", "99"))
    second = floor.rest(BOB, order("buy", "1", "99"))
    floor.fill(CAROL, order("sell", "1", "98"))
    assert floor.status(ALICE, first) is Status.FILLED
    assert floor.status(BOB, second) is Status.OPEN
    assert floor.fill_texts(CAROL) == ["sell 1@99"]


def test_a_buyer_never_pays_more_than_its_limit() -> None:
    floor = Floor()
    floor.market.set_book(COIN, asks=[("100.1", "1"), ("100.2", "1")])
    outcome = floor.buy(ALICE, "3", "100.1")
    assert floor.fill_texts(ALICE) == ["buy 1@100.1"]
    assert not isinstance(outcome, Filled)
    (rest,) = floor.open(ALICE)
    assert (rest.sz, rest.orig_sz) == (200, 300)


def test_an_order_walks_through_ladders_and_users_in_order_of_price() -> None:
    floor = Floor()
    floor.market.set_book(COIN, asks=[("100.1", "1"), ("100.3", "1")])
    floor.rest(BOB, order("sell", "1", "100.2"))
    floor.rest(CAROL, order("sell", "1", "100.4"))
    filled = floor.fill(ALICE, order("buy", "4", "101"))
    assert floor.fill_texts(ALICE) == [
        "buy 1@100.1",
        "buy 1@100.2",
        "buy 1@100.3",
        "buy 1@100.4",
    ]
    assert filled.cost == usd("401.0")


def test_what_was_taken_from_a_ladder_is_gone_until_its_maker_quotes_anew() -> None:
    floor = Floor()
    asks = [("100", "2")]
    floor.market.set_book(COIN, asks=asks)
    floor.fill(ALICE, order("buy", "1.5", "100"))
    book = floor.exchange.book(COIN)
    assert [one.sz for one in book.asks] == [50]
    floor.market.block(floor.now_ms + 200, books={COIN: ((), asks)})
    floor.pass_ms(200)
    assert [one.sz for one in floor.exchange.book(COIN).asks] == [200]


def test_what_stands_at_a_price_trades_before_an_order_that_comes_later() -> None:
    floor = Floor()
    floor.market.set_book(COIN, bids=[("99", "2")])
    floor.rest(ALICE, order("buy", "1", "99"))
    floor.fill(BOB, order("sell", "1.5", "99"))
    assert floor.fill_texts(ALICE) == []  # the ladder's 2 stand before it
    floor.fill(BOB, order("sell", "1", "99"))
    assert floor.fill_texts(ALICE) == ["buy 0.5@99"]


def test_an_order_at_a_better_price_waits_for_no_ladder() -> None:
    floor = Floor()
    floor.market.set_book(COIN, bids=[("99", "2")])
    floor.rest(ALICE, order("buy", "1", "99.1"))
    floor.fill(BOB, order("sell", "1.5", "99"))
    assert floor.fill_texts(BOB) == ["sell 1@99.1", "sell 0.5@99"]


@pytest.mark.parametrize(("keeps_queue", "fills"), [(True, []), (False, ["buy 1@99"])])
def test_makers_that_quote_anew_lose_their_place_and_a_book_seen_again_keeps_it(
    keeps_queue: bool, fills: list[str]
) -> None:
    floor = Floor(keeps_queue=keeps_queue)
    bids = [("99", "2")]
    floor.market.set_book(COIN, bids=bids)
    floor.rest(ALICE, order("buy", "1", "99"))
    floor.market.block(floor.now_ms + 200, books={COIN: (bids, ())})
    floor.pass_ms(200)
    floor.fill(BOB, order("sell", "1", "99"))
    assert floor.fill_texts(ALICE) == fills


def test_a_queue_shortens_when_those_before_it_leave() -> None:
    floor = Floor(keeps_queue=True)
    floor.market.set_book(COIN, bids=[("99", "5")])
    floor.rest(ALICE, order("buy", "1", "99"))
    for size in ("2", "9"):  # three leave; who comes later stands behind
        books = {COIN: ([("99", size)], ())}
        floor.market.block(floor.now_ms + 200, books=books)
        floor.pass_ms(200)
    floor.fill(BOB, order("sell", "3", "99"))
    assert floor.fill_texts(ALICE) == ["buy 1@99"]
    assert floor.fill_texts(BOB) == ["sell 2@99", "sell 1@99"]


def test_orders_of_users_keep_their_order_when_a_ladder_is_between_them() -> None:
    floor = Floor()
    floor.rest(ALICE, order("buy", "1", "99"))
    floor.market.set_book(COIN, bids=[("99", "2")])
    floor.rest(BOB, order("buy", "1", "99"))
    assert [one.ahead for one in (*floor.open(ALICE), *floor.open(BOB))] == [0, 200]
    floor.fill(CAROL, order("sell", "3.5", "99"))
    assert floor.fill_texts(ALICE) == ["buy 1@99"]
    assert floor.fill_texts(BOB) == ["buy 0.5@99"]


def test_a_new_ladder_that_crosses_resting_orders_takes_them_at_their_price() -> None:
    floor = Floor()
    oid = floor.rest(ALICE, order("buy", "3", "99"))
    floor.market.block(floor.now_ms + 200, books={COIN: ((), [("98", "2")])})
    floor.pass_ms(200)
    assert floor.fill_texts(ALICE) == ["buy 2@99"]
    assert floor.exchange.book(COIN).asks == ()
    assert floor.open_oids(ALICE) == [oid]


def test_a_trade_of_the_market_meets_better_resting_orders_first() -> None:
    floor = Floor()
    floor.rest(ALICE, order("buy", "1", "99.5"))
    trade = floor.market.trade(COIN, "A", "99", "3")
    floor.market.block(floor.now_ms + 200, trades=[trade])
    floor.pass_ms(200)
    assert floor.fill_texts(ALICE) == ["buy 1@99.5"]
    printed = [(one.px, one.sz) for _, one in floor.market.tape]
    assert printed == [(995_000, 100), (990_000, 200)]


def test_a_trade_at_a_price_shortens_the_queue_there() -> None:
    floor = Floor(keeps_queue=True)
    floor.market.set_book(COIN, bids=[("99", "2")])
    floor.rest(ALICE, order("buy", "1", "99"))
    for size in ("1.5", "1"):
        trade = floor.market.trade(COIN, "A", "99", size)
        floor.market.block(floor.now_ms + 200, trades=[trade])
        floor.pass_ms(200)
    # 2 stood before it and 2.5 traded: the last half is its.
    assert floor.fill_texts(ALICE) == ["buy 0.5@99"]
    assert sum(one.sz for _, one in floor.market.tape) == 250


def test_a_trade_of_the_market_that_meets_nobody_stays_as_it_is() -> None:
    floor = Floor()
    trade = floor.market.trade(COIN, "B", "100", "1")
    floor.market.block(floor.now_ms + 200, trades=[trade])
    floor.pass_ms(200)
    assert [one.users for _, one in floor.market.tape] == [trade[1].users]
    assert floor.exchange.account(MAKER).szi(COIN) == -100


def test_the_book_that_everybody_sees_joins_ladders_and_users() -> None:
    floor = Floor()
    floor.market.set_book(COIN, bids=[("99", "2"), ("98", "1")], asks=[("101", "1")])
    floor.rest(ALICE, order("buy", "1", "99"))
    floor.rest(ALICE, order("buy", "1", "98.5"))
    floor.rest(ALICE, order("sell", "1", "102"))
    book = floor.exchange.book(COIN)
    assert [(one.px, one.sz, one.n) for one in book.bids] == [
        (990_000, 300, 2),
        (985_000, 100, 1),
        (980_000, 100, 1),
    ]
    assert [one.px for one in book.asks] == [1_010_000, 1_020_000]
    assert floor.exchange.matching.best_px(COIN) == (990_000, 1_010_000)
    assert floor.exchange.mid_halves(COIN) == 2_000_000


def test_an_own_resting_order_is_canceled_instead_of_traded_with() -> None:
    floor = Floor()
    own = floor.rest(ALICE, order("sell", "1", "100"))
    floor.rest(BOB, order("sell", "1", "100.1"))
    floor.fill(ALICE, order("buy", "1", "101", tif=Tif.IOC))
    assert floor.status(ALICE, own) is Status.SELF_TRADE_CANCELED
    assert floor.fill_texts(ALICE) == ["buy 1@100.1"]


def test_who_can_no_longer_afford_a_resting_order_loses_it() -> None:
    floor = Floor()
    # Twenty times a million carries 19.9 million, until 100,000 coins lose 0.1 each.
    floor.long(BOB, "100000")
    oid = floor.rest(BOB, order("buy", "99000", "100"))
    floor.mark("99.9")
    outcome = floor.sell(ALICE, "1", "100", Tif.IOC)
    assert floor.status(BOB, oid) is Status.MARGIN_CANCELED
    assert not isinstance(outcome, Filled)
    assert floor.szi(BOB) == "100000.0"


def test_an_order_that_would_turn_the_position_needs_margin_for_what_it_opens() -> None:
    floor = Floor()
    floor.short(BOB, "100000")
    oid = floor.rest(BOB, order("buy", "299000", "100"))  # 199,000 would be long
    small = floor.rest(BOB, order("buy", "1", "99"))
    floor.mark("100.9")  # 90,000 lost: what is left carries less
    floor.sell(ALICE, "2", "99", Tif.IOC)
    assert floor.status(BOB, oid) is Status.MARGIN_CANCELED
    assert floor.status(BOB, small) is Status.FILLED  # the way out stays open
