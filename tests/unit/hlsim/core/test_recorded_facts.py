"""The formulas against what others recorded of the real exchange (§1.4 to §6)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hlsim.core import margin
from hlsim.core.accounts import Account, Leverage
from hlsim.core.address_budget import AddressBudget
from hlsim.core.funding import hourly_rate
from hlsim.core.margin import account_state
from hlsim.core.positions import FINE, Position, direction
from hlsim.core.universe import Instrument, Universe, flat_table
from tests.recordings import answers_of

Row = dict[str, Any]


def micro(text: str) -> int:
    return int(Decimal(text).scaleb(6))


def test_maintenance_of_a_capture_of_2026() -> None:
    assert margin.maintenance(flat_table(40), micro("377667.0")) == micro("4720.8375")


def test_the_liquidation_price_of_a_recorded_isolated_position() -> None:
    coin = Instrument(
        name="HYPE", sz_decimals=2, max_leverage=10, margin_table=flat_table(10)
    )
    held = Position(asset=0, leverage=10, is_cross=False, szi=200)
    held.raw_usd, held.cost = micro("-68.126246"), micro("75.658")
    account = Account("0x", positions={0: held})
    state = account_state(account, Universe((coin,)), lambda _: 378_260)
    (told,) = state.positions
    assert told.value == micro("75.652")
    assert told.margin_used == micro("7.525754")
    assert told.unrealized_pnl == micro("-0.006")
    assert told.liquidation_px is not None
    assert round(told.liquidation_px, 10) == Decimal("35.8559189474")


@pytest.mark.parametrize(
    ("cum_vlm", "cap"),
    [("170043721737.450012207", 170043731737), ("357.45", 10357), ("0", 10000)],
)
def test_an_address_may_send_ten_thousand_actions_and_one_for_each_dollar(
    cum_vlm: str, cap: int
) -> None:
    budget = AddressBudget()
    budget.trade(micro(cum_vlm))
    assert budget.rate_limit().n_requests_cap == cap


def test_the_recorded_rate_limit_is_of_that_rule() -> None:
    (body,) = answers_of("userRateLimit")
    told = msgspec.json.decode(body)
    budget = AddressBudget()
    budget.trade(micro(told["cumVlm"]))
    assert budget.rate_limit().n_requests_cap == told["nRequestsCap"]


def test_the_baseline_of_funding_is_an_eighth_of_a_basis_point_an_hour() -> None:
    assert Decimal(hourly_rate(0)).scaleb(-10) == Decimal("0.0000125")


# A user's state of March 2023. Its liquidation prices follow from another rate of
# maintenance (0.75 % for every coin) and cannot be checked.


def recorded_state() -> Row:
    (body,) = answers_of("clearinghouseState")
    told: Row = msgspec.json.decode(body)
    return told


def places(*values: Decimal) -> int:
    return max(-int(one.normalize().as_tuple().exponent) for one in values)


def the_same_account(told: Row) -> tuple[Account, Universe, list[int]]:
    """Return the recorded account in hlsim's units, with its marks."""
    account, coins, marks = Account("0x"), [], []
    summary = told["crossMarginSummary"]
    account.raw_usd = micro(summary["totalRawUsd"])
    for asset, row in enumerate(told["assetPositions"]):
        one = row["position"]
        szi, value = Decimal(one["szi"]), Decimal(one["positionValue"])
        sz_decimals = max(places(szi), 0)
        leverage = one["leverage"]["value"]
        units = int(szi.scaleb(sz_decimals))
        coins.append(
            Instrument(
                name=one["coin"],
                sz_decimals=sz_decimals,
                max_leverage=leverage,
                margin_table=flat_table(leverage),
            )
        )
        marks.append(int((value / abs(szi)).scaleb(6 - sz_decimals)))
        cost = int((szi * Decimal(one["entryPx"])).scaleb(6))
        account.positions[asset] = Position(
            asset=asset, leverage=leverage, szi=units, fine_cost=cost * FINE
        )
    return account, Universe(tuple(coins)), marks


def test_a_recorded_account_is_worth_what_was_told() -> None:
    told = recorded_state()
    account, universe, marks = the_same_account(told)
    state = account_state(account, universe, marks.__getitem__)
    for summary, ours in (
        (told["marginSummary"], state.total),
        (told["crossMarginSummary"], state.cross),
    ):
        assert ours.account_value == micro(summary["accountValue"])
        assert ours.total_ntl_pos == micro(summary["totalNtlPos"])
        assert ours.total_raw_usd == micro(summary["totalRawUsd"])
        assert ours.total_margin_used == micro(summary["totalMarginUsed"])
    # A tenth of the notional would be more than the margin in use: it is not kept back.
    assert state.withdrawable == micro(told["withdrawable"])


def test_recorded_positions_have_the_value_margin_and_profit_that_was_told() -> None:
    told = recorded_state()
    account, universe, marks = the_same_account(told)
    state = account_state(account, universe, marks.__getitem__)
    for row, ours in zip(told["assetPositions"], state.positions, strict=True):
        one = row["position"]
        assert ours.value == micro(one["positionValue"])
        assert ours.margin_used == micro(one["marginUsed"])
        # Entry prices are told with five or six figures.
        assert abs(ours.unrealized_pnl - micro(one["unrealizedPnl"])) <= 1000


# 500 fills of one user in May 2023: no fees, no tid. 83 trades were with itself, of
# which both sides are told, from the same start. And `closedPnl` followed another rule:
# a close, too, moved the entry price (as if it were an addition), and entries were cut
# to five figures. So profits can only be checked where a position was opened at one
# price, untouched since: the first close of it. Of a short that became a long even the
# sign was the other one.


def recorded_fills() -> list[Row]:
    """Return the fills by time; those of one moment are told in their order."""
    (body,) = answers_of("userFills")
    rows: list[Row] = msgspec.json.decode(body)
    return sorted(rows, key=lambda row: int(row["time"]))


def change(row: Row) -> Decimal:
    return Decimal(row["sz"]) if row["side"] == "B" else -Decimal(row["sz"])


def start(row: Row) -> Decimal:
    return Decimal(row["startPosition"])


def selves(rows: Sequence[Row]) -> set[int]:
    """Return the places of both sides of trades with oneself."""
    found: set[int] = set()
    waiting: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        same = tuple(row[key] for key in ("coin", "px", "sz", "startPosition"))
        opposite = waiting[(*same, "A" if row["side"] == "B" else "B")]
        if opposite:
            found |= {at, opposite.pop()}
        else:
            waiting[(*same, row["side"])].append(at)
    return found


def test_recorded_fills_are_called_what_they_do() -> None:
    rows = recorded_fills()
    assert len(rows) == 500
    for row in rows:
        scaled = int(start(row).scaleb(8)), int(change(row).scaleb(8))
        assert direction(*scaled) == row["dir"]


def test_recorded_fills_that_open_have_no_closed_profit() -> None:
    opening = [row for row in recorded_fills() if row["dir"].startswith("Open")]
    assert {Decimal(row["closedPnl"]) for row in opening} == {Decimal(0)}


def test_recorded_fills_chain_from_start_position_to_start_position() -> None:
    rows = recorded_fills()
    alone = selves(rows)
    assert len(alone) == 2 * 83
    starts: dict[str, Counter[Decimal]] = defaultdict(Counter)
    ends: dict[str, Counter[Decimal]] = defaultdict(Counter)
    for at, row in enumerate(rows):
        if at not in alone:
            starts[row["coin"]][start(row)] += 1
            ends[row["coin"]][start(row) + change(row)] += 1
    assert len(starts) == 15
    for coin, began in starts.items():
        # Each fill begins where another ended: but for the first, and in SUI once.
        loose = (began - ends[coin]).total()
        assert loose == (2 if coin == "SUI" else 1)


def first_closes(rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    """Yield closes of positions that were opened at one price, with that price."""
    alone = selves(rows)
    entries: dict[str, str] = {}
    ends: dict[str, Decimal] = {}
    for at, row in enumerate(rows):
        coin, end = row["coin"], start(row) + change(row)
        if at in alone or ends.get(coin) != start(row):
            entries.pop(coin, None)
        elif start(row) * change(row) < 0 and coin in entries:
            yield entries.pop(coin), row
        elif entries.get(coin, row["px"]) != row["px"]:
            entries.pop(coin, None)
        if start(row) * end <= 0 and end and at not in alone:
            entries[coin] = row["px"]
        ends[coin] = end


def test_the_first_close_of_a_recorded_position_earned_what_ours_does() -> None:
    pairs = list(first_closes(recorded_fills()))
    for entry, closed in pairs:
        account = Account("0x")
        for size, px in ((start(closed), entry), (change(closed), closed["px"])):
            # In 10**-5 of a coin and 10**-6 of a dollar.
            units = int(size.scaleb(5)), micro(px)
            effect = account.trade(0, *units, Leverage(1, True))
        earned = Decimal(effect.closed_pnl).scaleb(-11)
        sign = -1 if closed["dir"] == "Short > Long" else 1
        assert earned == sign * Decimal(closed["closedPnl"])
    assert len(pairs) == 7
