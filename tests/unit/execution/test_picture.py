"""What is known of the account, whatever order its news come in (O5, I2)."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from tests.fake_exchange import a_position, a_state
from tests.money import a_fill
from threet.adapters.memory.clock import ManualClock
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.trading_store import SqlFillStore
from threet.execution.account_news import AccountNews
from threet.execution.picture import Picture, PictureParts
from threet.model.accounts import AccountPart, AccountRead, AccountState
from threet.model.orders import Fill, OrderReport, Side
from threet.model.products import dex_of
from threet.ports.order_desk import Accepted, OrdersRead

ACCOUNT = "0x" + "1" * 40
START_MS = 1_767_225_600_000
QUOTE = OrderReport(
    symbol="BTC",
    oid=5,
    cloid="0x" + "5" * 32,
    side=Side.BUY,
    quantity=Decimal("0.5"),
    remaining=Decimal("0.5"),
    limit_price=Decimal(100),
    status="open",
    status_ms=START_MS,
)


@dataclass
class Exchange:
    """Its true account, and what it answers when it is asked."""

    folder: Path
    is_live: bool = True
    orders: list[OrderReport] = field(default_factory=list)
    told: list[Fill] = field(default_factory=list)
    held: Decimal = Decimal(0)
    readings: int = 0
    others: dict[str, str] = field(default_factory=dict)  # positions but that of BTC
    follows: Callable[[str], bool] = lambda symbol: not symbol.startswith("xyz:")
    mute: set[str] = field(default_factory=set)  # dexes that tell no positions
    mute_of_orders: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.clock = ManualClock(START_MS)
        self.database = Database(make_engine(f"sqlite:///{self.folder / '3t.db'}"))
        migrate(self.database.engine)
        self.store = SqlFillStore(self.database, account=ACCOUNT)
        self.news = AccountNews(lambda: self.is_live)

    def picture(self) -> Picture:
        """As a process that was just started, and has read the account."""
        parts = PictureParts(
            clock=self.clock,
            desk=self,  # type: ignore[arg-type]  # what a picture asks of it
            fills=self.store,
            read_account=self.account,
            news=self.news,
            follows=self.follows,
        )
        made = Picture(parts)
        made.hear()
        made.read()
        return made

    def readable_orders(self) -> OrdersRead:
        mute = self.mute_of_orders
        told = [one for one in self.orders if dex_of(one.symbol) not in mute]
        return OrdersRead(told, dict.fromkeys(mute, "502"))

    def fills(self, since_ms: int) -> Sequence[Fill]:
        return [one for one in self.told if one.time_ms >= since_ms]

    def account(self) -> AccountRead:
        self.readings += 1
        held = [a_position("BTC", str(self.held))] if self.held else []
        held += [a_position(*one) for one in self.others.items()]
        state = a_state(self.clock.now_ms(), held=held)
        return _part(state, self.mute) if self.mute else state

    def filled(self, change: str, **more: object) -> Fill:
        """Something was executed; whether it is heard is another matter."""
        fill = a_fill(change, "100", str(self.held), **more)
        self.told.append(fill)
        self.held += Decimal(change)
        return fill


def _part(state: AccountState, mute: Collection[str]) -> AccountPart:
    return AccountPart(
        address=state.address,
        account_ms=state.account_ms,
        positions=tuple(
            one for one in state.positions if dex_of(one.symbol) not in mute
        ),
        unread=dict.fromkeys(mute, "502"),
    )


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    return Exchange(tmp_path)


def changed(**changes: object) -> OrderReport:
    return msgspec.structs.replace(QUOTE, **changes)


def left(picture: Picture) -> list[Decimal]:
    return [one.remaining for one in picture.now().orders]


def test_f14_o5_a_fill_that_comes_before_the_answer_counts_once(
    exchange: Exchange,
) -> None:
    picture = exchange.picture()
    exchange.news.hear([exchange.filled("0.2", oid=5)])
    picture.sent("BTC", Accepted(5), QUOTE)
    picture.hear()
    assert picture.now().position("BTC") == Decimal("0.2")
    assert left(picture) == [Decimal("0.3")]


def test_o5_an_order_that_says_more_than_its_fills_waits_for_them(
    exchange: Exchange,
) -> None:
    """Else what is missing would be bought a second time."""
    picture = exchange.picture()
    picture.sent("BTC", Accepted(5), QUOTE)
    exchange.news.hear([changed(remaining=Decimal("0.1"))])
    picture.hear()
    assert picture.awaited == {"BTC"}
    exchange.news.hear([exchange.filled("0.4", oid=5)])
    picture.hear()
    assert picture.awaited == set()
    assert (picture.now().position("BTC"), left(picture)) == (
        Decimal("0.4"),
        [Decimal("0.1")],
    )


def test_o5_a_fill_that_says_more_than_its_order_is_no_room_for_another(
    exchange: Exchange,
) -> None:
    picture = exchange.picture()
    picture.sent("BTC", Accepted(5), QUOTE)
    exchange.news.hear([exchange.filled("0.4", oid=5)])
    picture.hear()
    # By the order, 0.5 would still work: with what is held, too much.
    assert left(picture) == [Decimal("0.1")]


def test_what_was_filled_at_once_is_waited_for_and_read_when_it_is_not_told(
    exchange: Exchange,
) -> None:
    picture = exchange.picture()
    exchange.filled("0.5", oid=5)
    picture.sent("BTC", Accepted(5, Decimal("0.5")), QUOTE)
    picture.hear()
    assert picture.awaited == {"BTC"}
    assert not picture.is_due
    exchange.clock.advance(4)
    picture.hear()
    assert picture.is_due
    picture.read()
    assert picture.awaited == set()
    assert picture.now().position("BTC") == Decimal("0.5")


def test_o5_a_cancel_is_over_when_its_end_is_told_with_what_was_filled(
    exchange: Exchange,
) -> None:
    picture = exchange.picture()
    picture.sent("BTC", Accepted(5), QUOTE)
    picture.canceled(QUOTE.cloid or "")
    assert picture.awaited == {"BTC"}
    end = changed(status="canceled", remaining=Decimal("0.3"))
    exchange.news.hear([end])
    picture.hear()
    assert picture.awaited == {"BTC"}  # two tenths are filled, and not told yet
    exchange.news.hear([exchange.filled("0.2", oid=5)])
    picture.hear()
    assert picture.awaited == set()
    assert picture.now().orders == []


def test_i2_what_no_fill_explains_is_a_difference_until_one_does(
    exchange: Exchange,
) -> None:
    exchange.filled("0.2")
    picture = exchange.picture()
    exchange.held += Decimal("0.1")  # without a fill
    picture.doubt()
    picture.hear()
    picture.read()
    assert picture.difference == {"BTC": (Decimal("0.2"), Decimal("0.3"))}
    assert not picture.now().is_synced
    exchange.held -= Decimal("0.1")
    exchange.clock.advance(6)
    picture.hear()
    assert picture.is_due
    picture.read()
    assert picture.difference == {}


def test_f15_no_start_invents_a_fill(exchange: Exchange) -> None:
    exchange.held = Decimal("1.5")  # from before all that can be read
    exchange.filled("0.2")
    for _ in range(4):
        picture = exchange.picture()
        assert picture.now().position("BTC") == Decimal("1.7")
        assert picture.difference == {}
    assert len(exchange.store.recent(100)) == 1


def test_f13_a_gap_in_the_stream_is_read(exchange: Exchange) -> None:
    picture = exchange.picture()
    exchange.filled("0.2")
    exchange.news.missed()
    picture.hear()
    assert not picture.is_current
    picture.read()
    assert picture.now().position("BTC") == Decimal("0.2")


def test_without_a_stream_nothing_is_current_but_what_was_just_read(
    exchange: Exchange,
) -> None:
    exchange.is_live = False
    picture = exchange.picture()
    assert picture.is_current
    picture.sent("BTC", Accepted(5), QUOTE)
    assert not picture.is_current
    picture.read()
    assert picture.is_current
    picture.hear()
    assert not picture.is_current


def test_f21_what_is_told_twice_counts_once(exchange: Exchange) -> None:
    picture = exchange.picture()
    fill = exchange.filled("0.2", oid=5)
    for _ in range(3):
        exchange.news.hear([fill, fill])
        picture.hear()
    picture.doubt()
    picture.hear()
    picture.read()
    assert picture.now().position("BTC") == Decimal("0.2")
    assert len(picture.take_new_fills()) == 1


def test_a_trigger_price_that_the_stream_leaves_out_is_kept(exchange: Exchange) -> None:
    picture = exchange.picture()
    stop = changed(trigger_price=Decimal(90), reduce_only=True)
    picture.sent("BTC", Accepted(5), stop)
    exchange.news.hear([changed(status_ms=START_MS + 9)])
    picture.hear()
    (seen,) = picture.now().orders
    assert (seen.trigger_price, seen.status_ms) == (Decimal(90), START_MS + 9)


def test_an_order_of_somebody_else_is_looked_at_before_anything_is_sent(
    exchange: Exchange,
) -> None:
    picture = exchange.picture()
    exchange.news.hear([changed(oid=77, cloid=None)])
    picture.hear()
    assert picture.is_due


def test_w5_i2_the_first_fills_of_a_symbol_may_be_heard_in_any_order(
    exchange: Exchange,
) -> None:
    """The second says from where it started: the first is in that already."""
    picture = exchange.picture()
    first = exchange.filled("-0.3", oid=5, time_ms=START_MS)
    second = exchange.filled("-0.2", oid=5, time_ms=START_MS + 1_000)
    for one in (second, first):
        exchange.news.hear([one])
        picture.hear()
    assert picture.now().position("BTC") == Decimal("-0.5")


def test_i4_where_it_differs_nothing_is_sent_on_an_old_reading(
    exchange: Exchange,
) -> None:
    """News tell how the fills change, and not where the exchange stands."""
    exchange.filled("0.2")
    picture = exchange.picture()
    exchange.held = Decimal(1)
    picture.doubt()
    picture.hear()
    picture.read()
    assert picture.difference == {"BTC": (Decimal("0.2"), Decimal(1))}
    assert picture.is_current
    picture.hear()
    assert not picture.is_current


@pytest.mark.parametrize("is_live", [True, False], ids=["followed", "asked"])
def test_o5_a_reading_of_before_an_order_ends_no_waiting_for_its_fills(
    exchange: Exchange, *, is_live: bool
) -> None:
    """Else it would be sent a second time: an answer may be some seconds old."""
    exchange.is_live = is_live
    picture = exchange.picture()
    picture.sent("BTC", Accepted(5, Decimal("0.2")), QUOTE)
    picture.doubt()
    picture.hear()
    picture.read()
    assert picture.awaited == {"BTC"}
    exchange.filled("0.2", oid=5)
    picture.read()
    assert picture.awaited == set()


def test_o5_a_reading_ends_a_waiting_that_was_in_vain(exchange: Exchange) -> None:
    picture = exchange.picture()
    picture.sent("BTC", Accepted(5, Decimal("0.2")), QUOTE)
    exchange.clock.advance(4)
    picture.hear()
    assert picture.is_due
    picture.read()
    assert picture.awaited == set()


def test_i2_f13_a_fill_heard_after_an_outage_hides_none_of_before(
    exchange: Exchange,
) -> None:
    """Also when it is heard before the first reading of another process."""
    exchange.filled("0.1")
    picture = exchange.picture()
    for after_ms in (200_000, 400_000):
        exchange.filled("0.2", time_ms=START_MS + after_ms - 100_000)
        heard = exchange.filled("0.3", time_ms=START_MS + after_ms)
        exchange.news.missed()
        exchange.news.hear([heard])
        picture.hear()
        picture.read()
        assert picture.difference == {}
    exchange.filled("0.2", time_ms=START_MS + 500_000)
    exchange.news.hear([exchange.filled("0.3", time_ms=START_MS + 600_000)])
    assert exchange.picture().difference == {}


def test_o5_a_fill_told_after_the_order_that_has_it_counts_once(
    exchange: Exchange,
) -> None:
    """Else less seems to work than does, and what seems missing is ordered again."""
    exchange.orders = [changed(remaining=Decimal("0.3"))]
    picture = exchange.picture()  # of the fill the server knows nothing yet
    exchange.news.hear([exchange.filled("0.2", oid=5)])
    picture.hear()
    assert (picture.now().position("BTC"), left(picture)) == (
        Decimal("0.2"),
        [Decimal("0.3")],
    )


def test_o5_of_an_order_older_than_the_process_no_fill_is_waited_for_twice(
    exchange: Exchange,
) -> None:
    exchange.filled("0.2", oid=5)
    exchange.orders = [changed(remaining=Decimal("0.3"))]
    exchange.picture()
    again = exchange.picture()
    exchange.news.hear(
        [exchange.filled("0.1", oid=5), changed(remaining=Decimal("0.2"))]
    )
    again.hear()
    assert again.awaited == set()


@pytest.mark.parametrize("is_live", [True, False])
def test_an_order_taken_a_moment_ago_is_not_forgotten_by_an_older_answer(
    exchange: Exchange, *, is_live: bool
) -> None:
    """Else it would be placed a second time (simulation, seed 87)."""
    exchange.is_live = is_live
    picture = exchange.picture()
    picture.sent("BTC", Accepted(5), QUOTE)
    picture.doubt()
    picture.hear()
    picture.read()  # of before it
    assert picture.awaited == {"BTC"}
    assert left(picture) == [Decimal("0.5")]
    exchange.clock.advance(4)
    picture.hear()
    assert picture.is_due
    picture.read()  # that late it would be there
    assert (picture.awaited, picture.now().orders) == (set(), [])


def test_fills_of_a_dex_that_is_not_followed_are_kept_and_make_no_difference(
    tmp_path: Path,
) -> None:
    """By hand, at a dex whose positions no reading of ours tells."""
    exchange = Exchange(tmp_path, held=Decimal(1))
    exchange.told = [
        a_fill("1", "100"),
        a_fill("5", "190", symbol="xyz:AAPL"),
    ]
    picture = exchange.picture()
    exchange.news.hear([a_fill("2", "190", "5", symbol="xyz:AAPL")])
    picture.hear()
    picture.read()
    assert picture.difference == {}
    assert picture.now().positions == {"BTC": Decimal(1)}
    assert exchange.store.expected()["xyz:AAPL"] == Decimal(7)
    assert exchange.picture().difference == {}  # after a restart as well


AAPL = "xyz:AAPL"


@pytest.fixture
def two_dexes(tmp_path: Path) -> Exchange:
    """5 AAPL are held on one of them, with a stop."""
    made = Exchange(tmp_path, follows=lambda _: True, others={AAPL: "5"})
    made.told = [a_fill("5", "190", symbol=AAPL)]
    stop = changed(symbol=AAPL, oid=9, side=Side.SELL, trigger_price=Decimal(100))
    made.orders = [stop]
    return made


def orders(picture: Picture) -> list[int]:
    return sorted(one.oid for one in picture.now().orders)


@pytest.mark.parametrize("what", ["mute", "mute_of_orders"])
def test_f44_of_a_dex_that_is_unread_nothing_is_taken_for_gone(
    two_dexes: Exchange, what: str
) -> None:
    picture = two_dexes.picture()
    getattr(two_dexes, what).add("xyz")
    two_dexes.orders.append(QUOTE)
    picture.read()
    assert picture.unread == {"xyz": "502"}
    assert (picture.difference, picture.is_partial) == ({}, True)
    assert picture.now().position(AAPL) == Decimal(5)
    assert orders(picture) == [5, 9]
    assert not picture.now().is_read(AAPL)
    assert picture.now().is_read("BTC")
    held = {one.symbol: one.quantity for one in picture.now().account.positions}
    assert held == {AAPL: Decimal(5)}


def test_f44_what_is_filled_on_an_unread_dex_counts_and_differs_from_nothing(
    two_dexes: Exchange,
) -> None:
    """Its stream may be well; what its account says is not known."""
    picture = two_dexes.picture()
    two_dexes.mute = {"xyz"}
    two_dexes.told.append(a_fill("-2", "190", "5", symbol=AAPL))
    two_dexes.others = {AAPL: "3"}
    picture.read()
    assert picture.now().position(AAPL) == Decimal(3)
    assert picture.difference == {}
    two_dexes.mute = set()
    picture.read()
    assert (picture.difference, picture.unread) == ({}, {})


def test_f44_a_difference_from_before_is_not_told_again_when_it_is_read_again(
    two_dexes: Exchange,
) -> None:
    picture = two_dexes.picture()
    two_dexes.others = {AAPL: "1"}
    picture.read()
    found = {AAPL: (Decimal(5), Decimal(1))}
    assert picture.difference == found
    two_dexes.mute = {"xyz"}
    picture.read()
    assert picture.difference == found


def test_b4_a_difference_on_an_unread_dex_lets_no_way_out_wait_for_readings(
    two_dexes: Exchange,
) -> None:
    """Asked again it says nothing new, and each question waits for a dex that hangs."""
    picture = two_dexes.picture()
    two_dexes.others = {AAPL: "1"}
    picture.read()
    two_dexes.mute = {"xyz"}
    before = two_dexes.readings
    picture.read()
    assert two_dexes.readings == before + 1
    picture.hear()
    assert picture.is_current
    two_dexes.clock.advance(6)
    assert not picture.is_due
    two_dexes.clock.advance(5)
    assert picture.is_due


def test_f44_after_a_start_what_the_fills_say_of_an_unread_dex_is_held(
    two_dexes: Exchange,
) -> None:
    two_dexes.mute = two_dexes.mute_of_orders = {"xyz"}
    picture = two_dexes.picture()
    assert picture.now().position(AAPL) == Decimal(5)
    assert orders(picture) == []
    two_dexes.mute = two_dexes.mute_of_orders = set()
    two_dexes.clock.advance(11)
    assert picture.is_due
    picture.read()
    assert orders(picture) == [9]
    assert not picture.is_partial


def test_f44_unread_is_what_tells_no_positions_and_what_tells_no_orders(
    two_dexes: Exchange,
) -> None:
    two_dexes.mute, two_dexes.mute_of_orders = {"flx"}, {"xyz"}
    assert two_dexes.picture().unread.keys() == {"flx", "xyz"}
