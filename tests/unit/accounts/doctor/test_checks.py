"""Each check of the doctor by its numbers, where an exchange is not needed."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.unit.strategies.markets import bars
from threet.accounts.doctor import exchange_checks, product_checks, state_checks
from threet.accounts.doctor.exchange_checks import TimeReading
from threet.accounts.doctor.product_checks import Need
from threet.adapters.memory.candle_store import MemoryCandleStore
from threet.adapters.memory.product_store import MemoryProductStore
from threet.model.accounts import AccountPosition, AccountState, AddressUse, MarginMode
from threet.model.candles import Timeframe
from threet.model.findings import Health
from threet.model.products import Product
from threet.ports.asset_terms import AssetTerms
from threet.ports.halt_store import LIQUIDATION, Halt
from threet.ports.rate_budget import BudgetState, Priority

NOW_MS = 1_760_050_800_000
BTC = Product(
    exchange="hyperliquid",
    symbol="BTC",
    pair="BTC/USDC:USDC",
    max_leverage=40,
    quantity_decimals=5,
    is_delisted=False,
)


@pytest.mark.parametrize(
    ("skew_ms", "doubt_ms", "health"),
    [
        (0, 1, Health.OK),
        (-250, 1, Health.OK),
        (260, 1, Health.WARN),
        (-1_002, 1, Health.FAIL),
        (1_200, 900, Health.WARN),  # a slow line: no more is certain
        (400, 300, Health.OK),
    ],
)
def test_only_what_is_certain_of_a_skew_counts(
    skew_ms: int, doubt_ms: int, health: Health
) -> None:
    found = exchange_checks.clock_skew(TimeReading(skew_ms, doubt_ms))
    assert found.health is health
    assert f"{skew_ms:+d} ms" in found.what


class _Clock:
    """A clock whose hands each question moves."""

    def __init__(self, ways_ms: Iterator[int]) -> None:
        self._ways_ms, self._at_ms = ways_ms, NOW_MS

    def now_ms(self) -> int:
        return self._at_ms

    def now_ns(self) -> int:
        return self._at_ms * 1_000_000

    def monotonic(self) -> float:
        return self._at_ms / 1000

    async def sleep(self, secs: float) -> None:
        raise AssertionError(secs)

    def asked(self) -> int:
        """By a server 500 ms ahead, half way of a question."""
        way_ms = next(self._ways_ms)
        told = self._at_ms + way_ms // 2 + 500
        self._at_ms += way_ms
        return told


def test_the_quickest_of_a_few_questions_is_believed() -> None:
    clock = _Clock(iter([800, 20, 300]))
    assert exchange_checks.read_time(clock.asked, clock) == TimeReading(500, 11)


@pytest.mark.parametrize(
    ("used", "health"), [(0, Health.OK), (9_500, Health.WARN), (10_000, Health.FAIL)]
)
def test_the_actions_that_are_left_are_told(used: int, health: Health) -> None:
    use = AddressUse(used=used, cap=10_000, read_ms=NOW_MS)
    found = exchange_checks.action_budget(use, 7_200)
    assert found.health is health
    assert "2.0 h" in found.what


@pytest.mark.parametrize(
    ("left", "paused", "health"),
    [(900, 0, Health.OK), (100, 0, Health.WARN), (900, 5, Health.FAIL)],
)
def test_the_requests_that_are_left_are_those_for_orders(
    left: int, paused: float, health: Health
) -> None:
    state = BudgetState(
        limit=1200,
        used=1200 - left,
        used_by=dict.fromkeys(Priority, 0),
        left_for=dict.fromkeys(Priority, left),
        paused_secs=paused,
    )
    assert exchange_checks.ip_budget(state).health is health


@pytest.mark.parametrize(
    ("age_ms", "streams", "health"),
    [
        (500, True, Health.OK),
        (10_001, True, Health.FAIL),
        (None, True, Health.FAIL),
        (None, False, Health.WARN),
    ],
)
def test_a_price_is_as_good_as_it_is_fresh(
    age_ms: int | None, streams: bool, health: Health
) -> None:
    found = product_checks.price("BTC", age_ms, streams=streams, most_age_ms=10_000)
    assert found.health is health


@pytest.mark.parametrize(
    ("needed", "late", "health"),
    [(5, 0, Health.OK), (6, 0, Health.WARN), (5, 4, Health.WARN)],
)
def test_bars_are_counted_and_dated(needed: int, late: int, health: Health) -> None:
    told = bars([100, 101, 102, 103, 104])
    store = MemoryCandleStore(MemoryProductStore([BTC]))
    store.save(told)
    now_ms = told[-1].end_ms + late * Timeframe.H1.millis
    need = Need(symbol="BTC", bars={Timeframe.H1: needed})
    (found,) = product_checks.candles(need, store, now_ms)
    assert found.health is health
    assert f"of {needed} bars" in found.what


def _account(mode: MarginMode) -> AccountState:
    zero = Decimal(0)
    held = AccountPosition(
        symbol="BTC",
        quantity=Decimal(1),
        entry_price=Decimal(1),
        leverage=3,
        margin_mode=mode,
        margin_used=zero,
        position_value=Decimal(1),
        unrealized_pnl=zero,
        liquidation_price=None,
        funding_since_open=zero,
    )
    return AccountState(
        address="0x" + "1" * 40,
        account_ms=NOW_MS,
        account_value=Decimal(1),
        total_margin_used=zero,
        total_notional=zero,
        withdrawable=zero,
        maintenance_margin=zero,
        positions=(held,),
    )


def test_the_margin_mode_of_a_position_that_stands_cannot_change() -> None:
    told = AssetTerms(leverage=3, is_cross=False, mark=Decimal(1))
    found = product_checks.terms(
        "BTC", told, _account(MarginMode.ISOLATED), leverage=3, margin="cross"
    )
    assert found.health is Health.WARN
    assert "close the position" in found.remedy


def test_strategies_that_need_the_same_bars_need_the_most_of_them() -> None:
    hour = [Timeframe.H1]
    needs = product_checks.merged(
        [(["BTC", "ETH"], hour, 20), (["BTC"], [Timeframe.H1, Timeframe.D1], 50)]
    )
    assert {one.symbol: dict(one.bars) for one in needs} == {
        "BTC": {Timeframe.H1: 50, Timeframe.D1: 50},
        "ETH": {Timeframe.H1: 20},
    }


def test_a_dex_that_is_not_followed_is_no_missing_product() -> None:
    (found,) = product_checks.listed("xyz:AAPL", {}, {}, [])
    assert "dex xyz is not followed" in found.what
    assert "exchanges.hyperliquid.dexes" in found.remedy
    for symbol in ("xyz:AAPL", "NOPE"):
        (found,) = product_checks.listed(symbol, {}, {}, ["xyz"])
        assert found.what == "the exchange has no such perpetual"


def test_a_halt_names_what_ends_it() -> None:
    halt = Halt(cause=LIQUIDATION, reason="BTC was liquidated", since_ms=NOW_MS)
    found = state_checks.halts([halt])
    assert found.health is Health.FAIL  # it stands in the way of the next trade
    assert "3t resume" in found.remedy


def test_a_database_of_another_schema_is_to_be_migrated() -> None:
    assert state_checks.database("0006", "0006", "x").health is Health.OK
    assert state_checks.database(None, "0006", "x").remedy == "3t db migrate"


@pytest.mark.parametrize(
    ("network", "is_allowed", "health"),
    [
        ("testnet", False, Health.OK),
        ("mainnet", False, Health.WARN),
        ("mainnet", True, Health.OK),
    ],
)
def test_on_mainnet_its_owner_has_to_allow_it(
    network: str, is_allowed: bool, health: Health
) -> None:
    found = exchange_checks.trades_there(network, is_allowed=is_allowed)
    assert found.health is health
