"""One account over several dexes: money that moves between them counts once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec
import pytest

from tests.fake_exchange import a_position, a_state
from threet.adapters.hyperliquid.account_reading import AccountReading
from threet.adapters.hyperliquid.dexes import OfEach
from threet.model.accounts import AccountPart, AccountState
from threet.model.errors import ExchangeError, UnreachableError

MINE = "0x" + "1" * 40
NOW_MS = 1_767_225_600_000


@dataclass
class TwoDexes:
    """Each with its cash; ``between`` happens after the first was read, once."""

    first: Decimal = Decimal(1000)
    xyz: Decimal = Decimal(500)
    between: Callable[["TwoDexes"], None] | None = None
    unread: dict[str, ExchangeError] = field(default_factory=dict)
    readings: int = 0
    reading: AccountReading = field(init=False)

    def __post_init__(self) -> None:
        self.reading = AccountReading(self.read)

    def read(self, address: str) -> OfEach[AccountState]:
        del address
        self.readings += 1
        now_ms = NOW_MS + 10 * self.readings
        first = _worth(self.first, now_ms)
        if self.between is not None:
            happens, self.between = self.between, None
            happens(self)
        return OfEach([first, _worth(self.xyz, now_ms + 5)], self.unread)

    def value(self) -> Decimal:
        return self.reading.of(MINE).account_value


def _worth(cash: Decimal, at_ms: int) -> AccountState:
    return msgspec.structs.replace(a_state(at_ms, held=[]), account_value=cash)


def to_xyz(dexes: TwoDexes) -> None:
    dexes.first -= 300
    dexes.xyz += 300


def to_the_first(dexes: TwoDexes) -> None:
    dexes.first += 300
    dexes.xyz -= 300


def test_a_transfer_between_two_questions_is_seen_once() -> None:
    dexes = TwoDexes()
    assert dexes.value() == 1500
    for happens in (to_xyz, to_the_first):
        dexes.between = happens
        assert dexes.value() == 1500


def test_a_transfer_in_each_of_two_readings_is_no_peak() -> None:
    dexes = TwoDexes()
    assert dexes.value() == 1500

    def there_and_back(moving: TwoDexes) -> None:
        to_xyz(moving)
        moving.between = to_the_first

    dexes.between = there_and_back
    assert dexes.value() == 1500
    assert dexes.value() == 1500


def test_cash_that_never_rests_is_asked_for_three_times() -> None:
    dexes = TwoDexes()

    def spent(moving: TwoDexes) -> None:
        moving.first -= 1
        moving.between = spent

    dexes.between = spent
    dexes.value()
    assert dexes.readings == 3


def test_what_is_as_before_is_asked_once() -> None:
    dexes = TwoDexes()
    dexes.value()
    readings = dexes.readings
    for _ in range(3):
        dexes.value()
    assert dexes.readings == readings + 3


def test_a_price_that_moves_is_no_cash_that_does() -> None:
    """Each profit is of one reading; the cash is 5 on the first dex, 1 on the other."""
    profits = [Decimal(0), Decimal(0), Decimal(7)]

    def read(address: str) -> OfEach[AccountState]:
        del address
        pnl = profits.pop(0)
        held = msgspec.structs.replace(a_position("BTC", "1"), unrealized_pnl=pnl)
        state = a_state(NOW_MS, held=[held])
        first = msgspec.structs.replace(state, account_value=5 + pnl)
        return OfEach([first, _worth(Decimal(1), NOW_MS)])

    reading = AccountReading(read)
    assert reading.of(MINE).account_value == 6  # read twice: nothing was known before
    assert reading.of(MINE).account_value == 13


def test_it_is_as_old_as_its_oldest_part_and_has_the_positions_of_all() -> None:
    def read(address: str) -> OfEach[AccountState]:
        del address
        first = a_state(NOW_MS + 9, held=[a_position("BTC", "1")])
        second = a_state(NOW_MS, held=[a_position("xyz:AAPL", "-2")])
        return OfEach([first, second])

    state = AccountReading(read).of(MINE)
    assert state.account_ms == NOW_MS
    assert [one.symbol for one in state.positions] == ["BTC", "xyz:AAPL"]


def test_what_one_dex_keeps_back_is_a_part_and_for_all_others_an_error() -> None:
    dexes = TwoDexes(unread={"flx": UnreachableError("clearinghouseState", "502")})
    part = dexes.reading.readable(MINE)
    assert isinstance(part, AccountPart)
    assert part.unread == {"flx": "clearinghouseState: 502"}
    assert dexes.readings == 1  # nothing of it has to add up
    with pytest.raises(UnreachableError):
        dexes.value()
    dexes.unread = {}
    whole = dexes.reading.readable(MINE)
    assert isinstance(whole, AccountState)
    assert whole.account_value == dexes.value() == 1500


def test_a_part_has_the_positions_that_were_read_and_no_amount_at_all() -> None:
    def read(address: str) -> OfEach[AccountState]:
        del address
        first = a_state(NOW_MS, held=[a_position("BTC", "1")])
        return OfEach([first], {"xyz": UnreachableError("clearinghouseState", "502")})

    part = AccountReading(read).readable(MINE)
    assert [one.symbol for one in part.positions] == ["BTC"]
    for amount in ("account_value", "total_margin_used", "withdrawable"):
        assert not hasattr(part, amount)
