"""Turns what happened on the market into frames, each encoded once."""

from collections.abc import Callable, Sequence
from typing import get_args

from hlsim.core.exchange import Exchange, Happened
from hlsim.core.journal import News
from hlsim.core.market import Changes, RawFrame
from hlsim.server.hub import Hub
from hlsim.server.settings import Cadence
from hlsim.wire import subscriptions as subs
from hlsim.wire.channels import trades_frame
from hlsim.wire.news import frames, users_of
from hlsim.wire.requests import Interval
from hlsim.wire.user_channels import said

INTERVALS: tuple[Interval, ...] = get_args(Interval)

_RECORDED: dict[str, Callable[[str], subs.Subscription]] = {
    "l2Book": subs.L2Book,
    "trades": subs.Trades,
    "bbo": subs.Bbo,
    "activeAssetCtx": subs.ActiveAssetCtx,
}


class Publisher:
    """Sends blocks as they happen and snapshots by their cadence."""

    def __init__(self, exchange: Exchange, hub: Hub, cadence: Cadence) -> None:
        """Publish ``exchange`` to the followers in ``hub``."""
        self._exchange = exchange
        self._hub = hub
        self._cadence = cadence
        self._last_ms: dict[subs.Subscription, int] = {}

    def catch_up(self, now_ms: int) -> None:
        """Let the exchange live up to ``now_ms``; send that and what actions caused."""
        for one in self._exchange.advance(now_ms):
            self.happened(one)

    def happened(self, one: Happened) -> None:
        """Send what happened to the market, then what happened to users."""
        self._market(one.changes)
        for user, news in users_of(one.news).items():
            self._news(user, news)

    def _news(self, user: str, news: Sequence[News]) -> None:
        if not self._hub.is_followed(user):
            return
        universe, find = self._exchange.universe, self._exchange.open.get
        for topic, frame in frames(user, news, universe, find):
            for session in self._hub.followers(topic):
                session.send(frame, topic)

    def _market(self, changes: Changes) -> None:
        for raw in changes.raw:
            self._raw(raw)
        recorded = {raw.channel for raw in changes.raw}
        for asset, trades in changes.trades:
            coin = self._exchange.universe[asset].name
            followers = self._hub.followers(subs.Trades(coin))
            if followers and "trades" not in recorded:
                frame = trades_frame(self._exchange, asset, trades)
                for session in followers:
                    session.send(frame, subs.Trades(coin))
            for interval in INTERVALS:
                self._now(subs.Candles(coin, interval), changes.time_ms)
        for asset in changes.quoted:
            self._quoted(self._exchange.universe[asset].name, changes.time_ms)

    def _quoted(self, coin: str, now_ms: int) -> None:
        for topic in (subs.Bbo(coin), subs.ActiveAssetCtx(coin)):
            if topic.channel not in self._exchange.market.recorded_channels:
                self._now(topic, now_ms)

    def _raw(self, raw: RawFrame) -> None:
        coin = self._exchange.universe[raw.asset].name
        topic = _RECORDED[raw.channel](coin)
        for session in self._hub.followers(topic):
            session.send(raw.payload, topic)

    def _now(self, topic: subs.Subscription, now_ms: int) -> None:
        followers = list(self._hub.followers(topic))
        if not followers:
            return
        frame = said(topic, self._exchange, now_ms)
        if frame is not None:
            for session in followers:
                session.send(frame, topic)

    def snapshots(self, now_ms: int) -> None:
        """Send the channels whose time has come."""
        topics = self._hub.topics
        for topic in topics:
            every_ms = self._every_ms(topic)
            if every_ms and now_ms - self._last_ms.get(topic, 0) >= every_ms:
                # Counted from the beat, so that a late block does not slow it down.
                self._last_ms[topic] = now_ms - now_ms % every_ms
                self._now(topic, now_ms)
        for gone in self._last_ms.keys() - set(topics):
            del self._last_ms[gone]

    def _every_ms(self, topic: subs.Subscription) -> int:
        """Return the cadence of a topic, 0 if it follows the blocks or is silent."""
        match topic:
            case subs.AllMids():
                return self._cadence.all_mids_ms
            case subs.L2Book(fast=True):
                return self._cadence.l2_book_fast_ms
            case subs.L2Book() if not self._is_recorded(topic):
                return self._cadence.l2_book_ms
            case (
                subs.ClearinghouseState()
                | subs.AllDexsClearinghouseState()
                | subs.OpenOrders()
                | subs.TwapStates()
                | subs.SpotState()
                | subs.ActiveAssetData()
                | subs.WebData2()
                | subs.WebData3()
                | subs.AssetCtxs()
                | subs.AllDexsAssetCtxs()
                | subs.FastAssetCtxs()
            ):
                return self._cadence.user_ms
            case _:
                return 0

    def _is_recorded(self, topic: subs.L2Book) -> bool:
        recorded = self._exchange.market.recorded_channels
        return "l2Book" in recorded and topic == subs.L2Book(topic.coin)
