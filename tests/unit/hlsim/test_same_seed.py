"""Same seed, same bytes: on any machine, and however often one looks."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

import msgspec
import pytest

from hlsim.core import commands as ask
from hlsim.core.numbers import floor_to_tick
from hlsim.core.orders import (
    E8,
    Builder,
    Grouping,
    OrderRequest,
    Tif,
    Tpsl,
    TriggerRequest,
)
from hlsim.core.terms import Terms
from hlsim.core.twap import TwapRequest
from hlsim.server.settings import Deposit, Settings
from hlsim.virtual import VirtualExchange

TRADER, OTHER = "0x" + "11" * 20, "0x" + "22" * 20
FUNDS = Decimal(100_000)
CLOID = "0x" + "7" * 32
TEN_MINUTES_MS = 600_000
AT_ONCE_MS = TEN_MINUTES_MS
# What any machine must come to. It changes with the market or the rules of trading.
PINNED = "9d31882ea766469ccbf9b88a73813e9650e1f6184f29f59bfc3f723705698111"


@dataclass
class Story:
    """Ten minutes of an exchange: what users do at fixed times, and what happens."""

    seed: int
    step_ms: int
    log: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        deposits = tuple(Deposit(address=one, funds=FUNDS) for one in (TRADER, OTHER))
        settings = Settings(
            symbols=20,
            seed=self.seed,
            history_days=1,
            accounts=deposits,
            terms=Terms(scheduled_cancel_volume=0),
        )
        self.venue = VirtualExchange(settings)
        self._began_ms = self.venue.now_ms

    def live_until(self, after_ms: int) -> None:
        """Let time pass, looking every step."""
        while (left_ms := self._began_ms + after_ms - self.venue.now_ms) > 0:
            for one in self.venue.lived(min(self.step_ms, left_ms)):
                self.log.append(msgspec.json.encode(one))

    def do(self, user: str, command: ask.Command) -> None:
        """Act, and take the answer down."""
        self.log.append(msgspec.json.encode(self.venue.act(user, command)))

    def px_e8(self, asset: int, per_mille: int) -> int:
        """A price on the grid, so many thousandths of the best bid."""
        exchange = self.venue.exchange
        decimals = exchange.universe[asset].px_decimals
        bid = exchange.matching.best_px(asset)[0] * per_mille // 1000
        return int(floor_to_tick(bid, decimals) * 10 ** (E8 - decimals))

    def sz_e8(self, asset: int, usd: int) -> int:
        """A size in whole lots worth about so many dollars."""
        lot = 10 ** (E8 - self.venue.exchange.universe[asset].sz_decimals)
        size = usd * 10 ** (2 * E8) // self.px_e8(asset, 1000)
        return int(size // lot * lot)

    def order(
        self, asset: int, usd: int, per_mille: int, tif: Tif = Tif.GTC
    ) -> OrderRequest:
        """Buy for a positive, sell for a negative amount."""
        return OrderRequest(
            asset=asset,
            is_buy=usd > 0,
            px_e8=self.px_e8(asset, per_mille),
            sz_e8=self.sz_e8(asset, abs(usd)),
            tif=tif,
        )

    def exit(self, asset: int, usd: int, per_mille: int, tpsl: Tpsl) -> OrderRequest:
        """A take profit or stop loss that sells."""
        at = self.px_e8(asset, per_mille)
        return OrderRequest(
            asset=asset,
            is_buy=False,
            px_e8=self.px_e8(asset, per_mille - 50),
            sz_e8=self.sz_e8(asset, usd),
            reduce_only=True,
            tif=None,
            trigger=TriggerRequest(is_market=True, px_e8=at, tpsl=tpsl),
        )


def opening(story: Story) -> None:
    story.do(TRADER, ask.UpdateLeverage(asset=1, is_cross=False, leverage=5))
    market = story.order(0, 20_000, 1050, Tif.FRONTEND_MARKET)
    story.do(TRADER, ask.PlaceOrders(orders=[market]))
    isolated = story.order(1, 10_000, 1050, Tif.FRONTEND_MARKET)
    story.do(TRADER, ask.PlaceOrders(orders=[isolated]))
    story.do(TRADER, ask.UpdateIsolatedMargin(asset=1, usd=500 * 10**6))


def quoting(story: Story) -> None:
    near = [story.order(asset, 2_000, 1000) for asset in range(5)]
    far = [story.order(asset, -2_000, 1020, Tif.ALO) for asset in range(5)]
    story.do(OTHER, ask.PlaceOrders(orders=near + far))
    named = msgspec.structs.replace(story.order(0, 1_000, 990), cloid=CLOID)
    story.do(OTHER, ask.PlaceOrders(orders=[named]))


def twap(story: Story) -> None:
    request = TwapRequest(
        asset=2,
        is_buy=True,
        sz_e8=story.sz_e8(2, 9_000),
        reduce_only=False,
        minutes=7,
        randomize=True,
    )
    story.do(TRADER, ask.PlaceTwap(twap=request))


def bracket(story: Story) -> None:
    orders = [
        story.order(3, 5_000, 1050, Tif.IOC),
        story.exit(3, 5_000, 1001, Tpsl.TP),
        story.exit(3, 5_000, 999, Tpsl.SL),
    ]
    story.do(TRADER, ask.PlaceOrders(orders=orders, grouping=Grouping.NORMAL_TPSL))
    stop = story.exit(0, 20_000, 998, Tpsl.SL)
    story.do(TRADER, ask.PlaceOrders(orders=[stop]))


def changing(story: Story) -> None:
    moved = story.order(0, 1_500, 1000)
    story.do(OTHER, ask.ModifyOrders(modifies=[(CLOID, moved)]))
    living = story.venue.exchange.open.of(OTHER)
    targets = [(one.asset, one.oid) for one in living[:2]]
    story.do(OTHER, ask.CancelOrders(targets=targets))
    due_ms = story.venue.now_ms + 61_007
    story.do(OTHER, ask.ScheduleCancel(time_ms=due_ms))


def paying(story: Story) -> None:
    builder = Builder(OTHER, 10)
    story.do(TRADER, ask.ApproveBuilderFee(builder=OTHER, tenths_bp=10))
    sold = story.order(4, -5_000, 950, Tif.IOC)
    story.do(TRADER, ask.PlaceOrders(orders=[sold], builder=builder))
    story.do(TRADER, ask.SendUsd(destination=OTHER, usd=10**9))


# Some of these times are a block's, most are not.
SCRIPT: Mapping[int, Callable[[Story], None]] = {
    1_050: opening,
    7_777: quoting,
    20_077: twap,
    61_301: bracket,
    200_123: changing,
    333_333: paying,
}


def ten_minutes(seed: int, step_ms: int) -> Story:
    story = Story(seed, step_ms)
    for after_ms, deed in SCRIPT.items():
        story.live_until(after_ms)
        deed(story)
    story.live_until(TEN_MINUTES_MS)
    return story


def digest(story: Story) -> str:
    return hashlib.sha256(b"\n".join(story.log)).hexdigest()


@cache
def told() -> Story:
    return ten_minutes(7, AT_ONCE_MS)


def test_the_script_meets_what_it_is_about() -> None:
    story = told()
    statuses = [
        str(record.status)
        for user in (TRADER, OTHER)
        for record in story.venue.exchange.journal.history(user).orders
    ]
    wanted = {"filled", "canceled", "open", "triggered", "scheduledCancel"}
    assert wanted <= set(statuses)
    slices = [
        one
        for one in story.venue.exchange.journal.history(TRADER).fills
        if one.twap_id is not None
    ]
    assert len(slices) > 10
    assert not [line for line in story.log if b"Rejected" in line or b"text" in line]


def test_ten_minutes_of_one_seed_are_these_bytes() -> None:
    assert digest(told()) == PINNED


@pytest.mark.parametrize("step_ms", [AT_ONCE_MS, 7_000, 200])
def test_how_often_one_looks_changes_nothing(step_ms: int) -> None:
    again = ten_minutes(7, step_ms)
    assert again.log == told().log


def test_another_seed_is_another_market() -> None:
    other = Story(8, AT_ONCE_MS)
    other.live_until(1_050)
    assert other.log
    assert other.log != told().log[: len(other.log)]
