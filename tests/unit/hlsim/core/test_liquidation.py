"""Who is liquidated when, how, and what is left: worked out by hand.

The coin allows 20x, so that 2.5 % of the notional is maintenance. The unlucky one has
1000 dollars and 100 coins at 100: at 92.30 it is worth 225.50 and needs 230.75, at
91.50 it is worth 145.50, which is less than two thirds of 228.75.
"""

import pytest

from hlsim.core.house import BACKSTOP
from hlsim.core.journal import LedgerUpdate, Liquidated, News
from hlsim.core.orders import Status
from tests.unit.hlsim.core.floor import Floor, order, usd
from tests.unit.hlsim.core.scripted_market import COIN, ISOLATED, OTHER

POOR = "0x" + "d" * 40


def floor_with(dollars: str, *, is_cross: bool = True) -> Floor:
    """A floor where POOR has some dollars and chose 10x."""
    floor = Floor()
    floor.exchange.deposit(POOR, usd(dollars), floor.now_ms)
    floor.leverage(POOR, 10, is_cross=is_cross)
    return floor


def bids(floor: Floor, px: str = "92", sz: str = "1000") -> None:
    floor.market.set_book(COIN, bids=[(px, sz)])


def told(news: list[News]) -> list[Liquidated]:
    return [one for one in news if isinstance(one, Liquidated)]


def test_who_has_the_maintenance_margin_is_left_alone() -> None:
    floor = floor_with("1000")
    floor.long(POOR, "100")
    bids(floor)
    assert told(floor.mark("92.5")) == []
    assert floor.szi(POOR) == "100.0"


def test_below_the_maintenance_margin_the_position_is_sold_at_market() -> None:
    floor = floor_with("1000")
    floor.long(POOR, "100")
    oid = floor.rest(POOR, order("sell", "1", "150", reduce_only=True))
    bids(floor)
    (liquidated,) = told(floor.mark("92.3"))
    assert liquidated.notional == usd("9230")
    assert liquidated.account_value == usd("225.5")
    assert floor.status(POOR, oid) is Status.LIQUIDATED_CANCELED
    assert floor.fill_texts(POOR)[1:] == ["sell 100@92"]
    why = floor.fills(POOR)[1].liquidation
    assert why is not None
    assert (why.method, why.mark_px) == ("market", 923_000)
    # 1000 - 4.5 - 800 - 0.045 % of 9200
    assert floor.account(POOR).cash == usd("191.36")
    assert told(floor.mark("92.2")) == []


def test_a_short_is_bought_back() -> None:
    floor = floor_with("1000")
    floor.short(POOR, "100")
    floor.market.set_book(COIN, asks=[("108", "1000")])
    # Worth 228.50 at 107.70, where 269.25 are needed.
    assert len(told(floor.mark("107.7"))) == 1
    assert floor.fill_texts(POOR)[1:] == ["buy 100@108"]


def test_below_two_thirds_the_backstop_takes_position_and_margin() -> None:
    floor = floor_with("1000")
    floor.long(POOR, "100")
    bids(floor)
    (liquidated,) = told(floor.mark("91.5"))
    assert liquidated.account_value == usd("145.5")
    why = floor.fills(POOR)[1].liquidation
    assert why is not None
    assert why.method == "backstop"
    assert floor.account(POOR).cash == 0
    assert floor.szi(BACKSTOP) == "100.0"
    assert floor.exchange.book(COIN).bids[0].sz == 100_000  # the book saw nothing


def test_a_large_position_is_sold_by_a_fifth_and_the_rest_after_half_a_minute() -> None:
    floor = floor_with("20000")
    floor.long(POOR, "2000")
    bids(floor, sz="5000")
    floor.mark("92.3")
    assert floor.fill_texts(POOR)[1:] == ["sell 400@92"]
    # 1600 coins and 4373.44 dollars are left: too little again at 91.80.
    floor.mark("91.8")
    assert floor.szi(POOR) == "1600.0"
    floor.pass_ms(29_400)
    floor.mark("91.81")  # 29.8 s later
    assert floor.szi(POOR) == "1600.0"
    floor.mark("91.8")
    assert floor.fill_texts(POOR)[2:] == ["sell 1600@92"]


def test_an_isolated_position_falls_alone() -> None:
    floor = floor_with("5000", is_cross=False)
    floor.long(POOR, "100")
    floor.long(POOR, "10", asset=OTHER)
    kept = floor.rest(POOR, order("buy", "1", "50", asset=OTHER))
    oid = floor.rest(POOR, order("buy", "1", "50"))
    bids(floor)
    free = floor.account(POOR).raw_usd
    floor.mark("92.3")  # 1000 - 770 of 230.75 needed
    assert floor.fill_texts(POOR)[2:] == ["sell 100@92"]
    assert floor.status(POOR, oid) is Status.LIQUIDATED_CANCELED
    assert floor.open_oids(POOR) == [kept]
    assert floor.szi(POOR, OTHER) == "10.0"
    # 1000 - 800 come back, less 4.14 of fee.
    assert floor.account(POOR).raw_usd == free + usd("195.86")


def test_the_backstop_takes_of_an_isolated_position_no_more_than_its_margin() -> None:
    floor = floor_with("5000", is_cross=False)
    floor.long(POOR, "100")
    free = floor.account(POOR).raw_usd
    floor.mark("91.5")
    assert floor.account(POOR).raw_usd == free
    assert floor.account(POOR).positions == {}
    assert floor.szi(BACKSTOP) == "100.0"


def test_an_isolated_short_falls_too() -> None:
    floor = floor_with("5000")
    floor.leverage(POOR, 5, is_cross=False, asset=ISOLATED)
    floor.short(POOR, "10", asset=ISOLATED)
    floor.market.set_book(ISOLATED, asks=[("111", "10")])
    # 200 paid in; at 111 it is worth 90 and a tenth of 1110 is needed.
    floor.mark("111", ISOLATED)
    assert floor.fill_texts(POOR)[1:] == ["buy 10@111"]


def test_a_liquidation_can_be_forced() -> None:
    floor = floor_with("1000")
    floor.long(POOR, "10")
    bids(floor)
    floor.exchange.liquidate(POOR)
    assert floor.szi(POOR) == "0.0"
    why = floor.fills(POOR)[1].liquidation
    assert why is not None
    assert why.method == "market"


def test_nothing_is_told_while_nobody_buys() -> None:
    floor = floor_with("1000")
    floor.long(POOR, "100")
    records = len(floor.exchange.journal.history(POOR).orders)
    for _ in range(3):
        assert told(floor.mark("92.3")) == []
    assert len(floor.exchange.journal.history(POOR).orders) == records
    bids(floor, sz="30")
    assert len(told(floor.mark("92.3"))) == 1
    assert floor.szi(POOR) == "70.0"


def test_what_a_liquidation_loses_beyond_the_account_the_backstop_carries() -> None:
    floor = floor_with("1000")
    floor.long(POOR, "100")
    whole = floor.exchange.clearing.accounts.cash
    bids(floor, "80")
    floor.mark("92.3")
    assert floor.account(POOR).cash == 0
    # 1000 - 4.5 - 2000 - 3.6
    assert floor.account(BACKSTOP).cash == -usd("1008.1")
    assert floor.exchange.clearing.accounts.cash == whole


def test_what_an_isolated_position_loses_beyond_its_margin_is_not_the_users() -> None:
    floor = floor_with("5000", is_cross=False)
    floor.long(POOR, "100")
    free = floor.account(POOR).raw_usd
    bids(floor, "80")
    floor.mark("92.3")
    assert floor.account(POOR).raw_usd == free
    assert floor.account(BACKSTOP).cash == -usd("1003.6")


def test_orders_on_another_dex_outlive_a_liquidation() -> None:
    floor = floor_with("1000")
    floor.exchange.clearing.accounts.get(POOR, "xyz").raw_usd = usd("100")
    kept = floor.rest(POOR, order("buy", "1", "99", asset=4))
    floor.long(POOR, "100")
    bids(floor)
    floor.mark("92.3")
    assert floor.open_oids(POOR) == [kept]


def test_the_ledger_says_what_was_liquidated() -> None:
    floor = floor_with("5000", is_cross=False)
    floor.long(POOR, "100")
    bids(floor)
    news = floor.mark("92.3")
    rows = [one for one in news if isinstance(one, LedgerUpdate)]
    assert rows[-1].delta == {
        "type": "liquidation",
        "liquidatedNtlPos": "9230.0",
        "accountValue": "230.0",
        "takenByBackstop": "0.0",
        "leverageType": "Isolated",
        "liquidatedPositions": [{"coin": "COIN", "szi": "100.0"}],
    }


@pytest.mark.parametrize(
    ("is_cross", "px", "offered"),
    [
        (True, "91.5", ""),
        (False, "91.5", ""),
        (True, "92.3", "80"),
        (False, "92.3", "80"),
    ],
)
def test_an_account_can_be_reckoned_up_from_what_its_user_was_told(
    is_cross: bool, px: str, offered: str
) -> None:
    floor = floor_with("5000" if not is_cross else "1000", is_cross=is_cross)
    floor.long(POOR, "100")
    if offered:
        bids(floor, offered)
    floor.mark(px)
    history = floor.exchange.journal.history(POOR)
    profit = sum(one.closed_pnl - one.fee for one in history.fills)
    rows = [one.delta for one in history.ledger if one.delta["type"] == "liquidation"]
    taken = sum(usd(str(one["takenByBackstop"])) for one in rows)
    assert rows
    paid_in = floor.exchange.transfers.paid_in(POOR)
    assert floor.account(POOR).cash == paid_in + profit - taken
    assert floor.account(POOR).positions == {}


def test_the_backstop_charges_no_fee_beside_what_it_takes() -> None:
    floor = floor_with("1000")
    floor.long(POOR, "100")
    floor.mark("91.5")
    assert floor.fills(POOR)[1].fee == 0


def test_a_forced_liquidation_sells_all_of_a_large_position_at_once() -> None:
    floor = floor_with("20000", is_cross=False)
    floor.long(POOR, "1200")
    bids(floor, sz="5000")
    floor.exchange.liquidate(POOR)
    assert floor.szi(POOR) == "0.0"
    assert len(told(floor.pass_ms(0))) == 1


def test_who_recovered_after_the_pause_begins_with_a_fifth_again() -> None:
    floor = floor_with("20000")
    floor.long(POOR, "2000")
    bids(floor, sz="5000")
    floor.mark("92.3")
    floor.pass_ms(30_000)
    floor.mark("95")
    floor.mark("91.8")
    assert floor.fill_texts(POOR)[1:] == ["sell 400@92", "sell 320@92"]
