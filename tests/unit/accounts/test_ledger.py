"""Realized, unrealized, fees and funding: by product, by run, by day."""

from decimal import Decimal

import pytest

from tests.money import START_MS, a_fill, funded, ledger_of, moved, wanting
from threet.accounts.books import Book
from threet.accounts.ledger import DAY_MS, Ledger
from threet.accounts.pnl import (
    BETWEEN_RUNS,
    OUTSIDE_KEY,
    PnlRow,
    by_day,
    by_product,
    by_run,
    held,
    total,
)
from threet.model.money import OPENING, OPENING_POSITION
from threet.ports.ledger_store import Origin


def d(text: str) -> Decimal:
    return Decimal(text)


def row(rows: object, key: str) -> PnlRow:
    assert isinstance(rows, list)
    (found,) = [one for one in rows if one.key == key]
    assert isinstance(found, PnlRow)
    return found


def test_a_close_realises_its_share_of_the_cost() -> None:
    book = Book()
    assert book.trade(d("2"), d("100"), None) == 0
    assert book.trade(d("1"), d("130"), None) == 0
    assert book.entry_price == d("110")
    assert book.trade(d("-1"), d("120"), None) == d("10")
    assert book.entry_price == d("110")
    assert book.unrealized(d("115")) == d("10")


def test_a_turn_closes_and_begins_anew_at_its_price() -> None:
    book = Book()
    book.trade(d("1"), d("100"), None)
    assert book.trade(d("-3"), d("90"), None) == d("-10")
    assert (book.quantity, book.entry_price) == (d("-2"), d("90"))
    assert book.trade(d("2"), d("80"), None) == d("20")
    assert (book.quantity, book.cost) == (d("0"), d("0"))


def test_profits_of_parts_add_up_to_the_cash_whatever_is_rounded() -> None:
    book = Book()
    book.trade(d("3"), d("100.000001"), None)
    parts = [book.trade(d("-1"), d("100"), None) for _ in range(3)]
    assert sum(parts) == d("-0.000003")


def test_a_thousand_small_closes_lose_no_digit_of_the_cost() -> None:
    book = Book()
    book.trade(d("1003"), d("0.123457"), None)
    book.trade(d("4"), d("0.2"), None)
    each = (1003 * d("0.123457") + 4 * d("0.2")) / 1007
    for _ in range(1000):
        book.trade(d("-1"), d("0.1"), None)
    assert book.cost is not None
    assert abs(book.cost - 7 * each) < d("0.000000000001")


@pytest.mark.parametrize("mark", [None, d("0")])
def test_f51_f41_without_a_price_unrealized_is_unknown_and_never_0(
    mark: Decimal | None,
) -> None:
    ledger = ledger_of(a_fill("1", "100"), a_fill("2", "50", symbol="ETH"))
    rows = by_product(ledger, {"BTC": mark, "ETH": d("60")})
    assert row(rows, "BTC").unrealized is None
    assert row(rows, "BTC").net is None
    assert row(rows, "ETH").unrealized == d("20")
    assert total(rows).unrealized is None
    flat = ledger_of(a_fill("1", "100"), a_fill("-1", "90", "1", closed_pnl=d("-10")))
    assert total(by_product(flat, {})).unrealized == 0


def test_f40_what_is_open_is_counted_once() -> None:
    ledger = ledger_of(moved("1000"), a_fill("1", "100"))
    whole = total(by_product(ledger, {"BTC": d("110")}))
    assert (whole.realized, whole.unrealized) == (d("0"), d("10"))
    assert whole.net == d("10")
    assert total(by_run(ledger, {"BTC": d("110")})).net == d("10")
    assert ledger.deposits == d("1000")


def test_f20_f21_the_same_fill_is_reckoned_once_for_each_tid() -> None:
    ledger = ledger_of(a_fill("1", "100"), a_fill("1", "100", "1"))
    assert ledger.positions() == {"BTC": d("2")}


def test_the_exchanges_word_counts_for_what_was_realized() -> None:
    sale = a_fill("-1", "110", "1", closed_pnl=d("9.999999"), fee=d("0.05"))
    ledger = ledger_of(a_fill("1", "100", fee=d("0.04")), sale, funded("-0.5", "1"))
    found = row(by_product(ledger, {}), "BTC")
    assert (found.realized, found.fees, found.funding) == (
        d("9.999999"),
        d("0.09"),
        d("-0.5"),
    )
    assert found.settled == d("9.409999")
    assert (found.fills, found.volume) == (2, d("210"))


def two_runs() -> Ledger:
    """Trend buys 3; reversion then sells 2 of them short."""
    ledger = Ledger()
    ledger.add_fill(a_fill("3", "100", fee=d("0.03")), wanting(trend="3"))
    ledger.add_fill(
        a_fill("-2", "110", "3", closed_pnl=d("20"), fee=d("0.02")),
        wanting(trend="3", reversion="-2"),
    )
    return ledger


def test_each_run_has_the_profit_it_had_alone_and_the_sum_is_the_accounts() -> None:
    ledger, marks = two_runs(), {"BTC": d("120")}
    rows = by_run(ledger, marks)
    trend, reversion = row(rows, "trend"), row(rows, "reversion")
    assert (trend.realized, trend.unrealized, trend.fees) == (
        d("0"),
        d("60"),
        d("0.03"),
    )
    assert (reversion.realized, reversion.unrealized) == (d("0"), d("-20"))
    between = row(rows, BETWEEN_RUNS)
    assert (between.realized, between.unrealized) == (d("20"), d("-20"))
    assert between.net == 0
    account = total(by_product(ledger, marks))
    assert (total(rows).realized, total(rows).unrealized, total(rows).fees) == (
        account.realized,
        account.unrealized,
        account.fees,
    )


def test_funding_goes_to_whoever_held_and_a_short_among_longs_receives() -> None:
    ledger = two_runs()
    ledger.add_funding(funded("-1", "1"))
    rows = by_run(ledger, {"BTC": d("100")})
    assert row(rows, "trend").funding == d("-3")
    assert row(rows, "reversion").funding == d("2")


def test_a_run_knows_its_own_position() -> None:
    ledger = two_runs()
    assert ledger.positions_of("trend") == {"BTC": d("3")}
    assert ledger.positions_of("reversion") == {"BTC": d("-2")}
    assert {one.run: one.entry_price for one in held(ledger, {})} == {
        "trend": d("100"),
        "reversion": d("110"),
    }


def test_f18_a_liquidation_is_seen_and_is_the_outsides() -> None:
    ledger = Ledger()
    ledger.add_fill(a_fill("3", "100"), wanting(trend="3"))
    ledger.add_fill(
        a_fill("-3", "80", "3", closed_pnl=d("-60"), is_liquidation=True), None
    )
    rows = by_run(ledger, {"BTC": d("80")})
    assert row(by_product(ledger, {}), "BTC").realized == d("-60")
    assert ledger.positions() == {"BTC": 0}
    assert [one.key for one in rows] == [OUTSIDE_KEY, "trend", BETWEEN_RUNS]
    assert total(rows).net == d("-60")


def test_what_was_held_before_has_an_unknown_cost_until_a_close_tells_it() -> None:
    ledger = ledger_of(a_fill("1", "100", "4"))
    assert by_product(ledger, {"BTC": d("100")})[0].unrealized is None
    # 2 of 5 closed: 20 a piece were gained, so they had cost 90 each.
    ledger.add_fill(a_fill("-2", "110", "5", closed_pnl=d("40")), None)
    assert by_product(ledger, {"BTC": d("100")})[0].unrealized == d("30")
    assert ledger.gaps == 0


def test_an_opening_position_has_the_cost_that_was_noted() -> None:
    opening = moved("0", OPENING_POSITION, symbol="BTC", quantity=d("4"), cost=d("400"))
    ledger = ledger_of(moved("-3", OPENING), opening, a_fill("1", "150", "4"))
    rows = by_run(ledger, {"BTC": d("110")})
    assert row(rows, OUTSIDE_KEY).unrealized == d("0")
    assert ledger.deposits == d("-3")


def test_a_fill_that_was_never_told_is_counted_and_the_exchange_believed() -> None:
    ledger = ledger_of(a_fill("1", "100"), a_fill("1", "100", "3"))
    assert ledger.gaps == 1
    assert ledger.positions() == {"BTC": d("4")}


def test_days_are_of_utc() -> None:
    late = START_MS + DAY_MS - 1
    ledger = ledger_of(
        moved("50"),
        a_fill("1", "100", fee=d("1"), time_ms=late),
        funded("-2", "1", time_ms=late + 1),
    )
    first, second = by_day(ledger)
    assert (first.key, first.fees, first.deposits) == ("2026-01-01", d("1"), d("50"))
    assert (second.key, second.funding, second.fills) == ("2026-01-02", d("-2"), 0)
    assert first.unrealized is None


def test_an_update_of_unknown_effect_is_told_and_not_taken_for_0() -> None:
    ledger = ledger_of(moved(None, "newKind"))
    assert [one.kind for one in ledger.unknown] == ["newKind"]
    assert ledger.deposits == 0


def test_an_order_with_one_run_and_no_wants_is_that_runs() -> None:
    ledger = Ledger()
    ledger.add_fill(a_fill("1", "100"), Origin(run="old"))
    assert ledger.positions_of("old") == {"BTC": d("1")}
