"""What every candle store does. A new one joins by a line in ``store``."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.conftest import OpenDatabase
from tests.contract.test_product_store import a_product
from threet.adapters.memory.candle_store import MemoryCandleStore
from threet.adapters.memory.product_store import MemoryProductStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.model.candles import Candle, Timeframe
from threet.model.errors import InvalidValueError, UnknownSymbolError
from threet.ports.candle_store import CandleStore

T0 = 1_700_000_040_000 - 1_700_000_040_000 % 86_400_000
MINUTE = 60_000
HOT = 50
M1 = Timeframe.M1


@pytest.fixture(params=["memory", "sqlite", "mariadb", "mariadb-bulk"])
def store(request: pytest.FixtureRequest, open_database: OpenDatabase) -> CandleStore:
    if request.param == "memory":
        kept = [a_product(symbol) for symbol in ("BTC", "ETH", "SOL", "kPEPE")]
        return MemoryCandleStore(MemoryProductStore(kept), hot_candles=HOT)
    kind, _, is_bulk = request.param.partition("-")
    # "bulk": LOAD DATA for every single row.
    return SqlCandleStore(
        open_database(kind), hot_candles=HOT, bulk_rows=1 if is_bulk else 500
    )


def a_bar(
    minute: int,
    close: str = "100.5",
    *,
    symbol: str = "BTC",
    timeframe: Timeframe = M1,
    is_closed: bool = True,
) -> Candle:
    return Candle(
        symbol=symbol,
        timeframe=timeframe,
        open_ms=T0 + minute * timeframe.millis,
        open=Decimal("100"),
        high=max(Decimal("101"), Decimal(close)),
        low=min(Decimal("99.5"), Decimal(close)),
        close=Decimal(close),
        volume=Decimal("1.25"),
        trades=3,
        is_closed=is_closed,
    )


def bars(first: int, end: int) -> Sequence[Candle]:
    return [a_bar(minute) for minute in range(first, end)]


def test_saved_bars_come_back_exact_and_oldest_first(store: CandleStore) -> None:
    saved = [a_bar(1), a_bar(0), a_bar(2, is_closed=False)]
    assert store.save(saved) == 3
    assert list(store.newest("BTC", M1, 10)) == [a_bar(0), a_bar(1), saved[2]]
    assert list(store.newest("BTC", M1, 2)) == [a_bar(1), saved[2]]


@pytest.mark.parametrize(
    "close", ["0.000000000000000001", "99999999999.9999999", "123456789.123456789123"]
)
def test_no_digit_is_lost(store: CandleStore, close: str) -> None:
    store.save([a_bar(0, close), a_bar(1, close, is_closed=False)])
    assert [bar.close for bar in store.newest("BTC", M1, 2)] == [Decimal(close)] * 2


@pytest.mark.parametrize("close", ["0.0000000000000000001", "1e19"])
def test_what_would_be_rounded_is_refused(store: CandleStore, close: str) -> None:
    with pytest.raises(InvalidValueError):
        store.save([a_bar(0), a_bar(1, close)])
    assert list(store.newest("BTC", M1, 2)) == []


def test_an_unknown_symbol_stores_nothing(store: CandleStore) -> None:
    with pytest.raises(UnknownSymbolError):
        store.save([a_bar(0), a_bar(0, symbol="'; DROP TABLE candles; --")])
    assert list(store.newest("BTC", M1, 2)) == []
    assert list(store.newest("nothing", M1, 2)) == []
    assert store.newest_closed_ms("nothing", M1) is None


def test_case_distinguishes_symbols(store: CandleStore) -> None:
    store.save([a_bar(0, symbol="kPEPE")])
    assert len(store.newest("kPEPE", M1, 2)) == 1
    with pytest.raises(UnknownSymbolError):
        store.save([a_bar(0, symbol="KPEPE")])


def test_saving_again_changes_nothing(store: CandleStore) -> None:
    store.save(bars(0, 3))
    assert store.save(bars(0, 3)) == 0
    assert store.save(bars(0, 4)) == 1
    assert len(store.newest("BTC", M1, 10)) == 4


def test_a_forming_bar_is_replaced_until_it_closes(store: CandleStore) -> None:
    store.save([a_bar(0, "100", is_closed=False)])
    assert store.save([a_bar(0, "100.2", is_closed=False)]) == 1
    assert store.newest_closed_ms("BTC", M1) is None
    assert store.save([a_bar(0, "100.4")]) == 1
    assert list(store.newest("BTC", M1, 5)) == [a_bar(0, "100.4")]
    assert store.newest_closed_ms("BTC", M1) == T0


def test_f72_a_forming_bar_never_replaces_a_closed_one(store: CandleStore) -> None:
    store.save([a_bar(0, "100.4")])
    assert store.save([a_bar(0, "100.1", is_closed=False)]) == 0
    assert list(store.newest("BTC", M1, 5)) == [a_bar(0, "100.4")]
    # In one call, too, in either order.
    store.save([a_bar(1, "100.4"), a_bar(1, "100.1", is_closed=False)])
    store.save([a_bar(2, "100.1", is_closed=False), a_bar(2, "100.4")])
    newest = store.newest("BTC", M1, 2)
    assert list(newest) == [a_bar(1, "100.4"), a_bar(2, "100.4")]


def test_a_later_authoritative_row_replaces_a_closed_bar(store: CandleStore) -> None:
    store.save([a_bar(0, "100.4")])
    assert store.save([a_bar(0, "100.3")]) == 1
    assert list(store.newest("BTC", M1, 5)) == [a_bar(0, "100.3")]


def test_pairs_are_kept_apart(store: CandleStore) -> None:
    hour = a_bar(0, timeframe=Timeframe.H1)
    store.save([a_bar(0), hour, a_bar(1, symbol="ETH")])
    assert list(store.newest("BTC", Timeframe.H1, 5)) == [hour]
    assert list(store.newest("BTC", M1, 5)) == [a_bar(0)]
    assert store.newest_closed_ms("ETH", M1) == T0 + MINUTE


def test_bars_beyond_the_hot_window_are_still_there(store: CandleStore) -> None:
    store.save(bars(0, HOT + 30))
    store.trim()
    assert list(store.newest("BTC", M1, 1000)) == bars(0, HOT + 30)
    assert store.newest_closed_ms("BTC", M1) == T0 + (HOT + 29) * MINUTE


def test_old_bars_saved_late_leave_no_hole_for_readers(store: CandleStore) -> None:
    store.save(bars(40, 120))
    store.save(bars(0, 10))
    store.save(bars(10, 40))
    assert list(store.newest("BTC", M1, 1000)) == bars(0, 120)


def test_rewarming_and_trimming_change_nothing_that_is_read(store: CandleStore) -> None:
    store.save([*bars(0, HOT + 9), a_bar(HOT + 9, is_closed=False)])
    before = list(store.newest("BTC", M1, 1000))
    store.trim()
    store.rewarm()
    store.rewarm()
    assert list(store.newest("BTC", M1, 1000)) == before


def test_saving_nothing_is_no_work(store: CandleStore) -> None:
    assert store.save([]) == 0


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 80), st.booleans(), st.integers(100, 101)),
            max_size=12,
        ),
        max_size=6,
    )
)
def test_any_history_of_saves_reads_like_a_plain_dictionary(
    store: CandleStore, saves: list[list[tuple[int, bool, int]]]
) -> None:
    """Law: closed beats forming, later beats earlier, whatever the cache holds."""
    symbol = "SOL"
    model = {bar.open_ms: bar for bar in store.newest(symbol, M1, 1000)}
    for one in saves:
        given_bars = [
            a_bar(minute, str(close), symbol=symbol, is_closed=is_closed)
            for minute, is_closed, close in one
        ]
        store.save(given_bars)
        for bar in given_bars:
            before = model.get(bar.open_ms)
            if before is None or bar.is_closed or not before.is_closed:
                model[bar.open_ms] = bar
    expected = [bar for _, bar in sorted(model.items())]
    found = list(store.newest(symbol, M1, 1000))
    # A forming bar older than the hot window may be forgotten, a closed one never.
    assert [bar for bar in found if bar.is_closed] == [
        bar for bar in expected if bar.is_closed
    ]
    assert found[-HOT:] == [bar for bar in expected if bar in found][-HOT:]
