"""Puts an exchange together as the settings say."""

from collections.abc import Sequence

from hlsim.core.accounts import DEFAULT_LEVERAGE, Leverage
from hlsim.core.commands import ApproveAgent, SendAsset
from hlsim.core.exchange import Exchange
from hlsim.core.margin import bound, cross_value, marks_at
from hlsim.core.market import Market
from hlsim.core.numbers import USD_DECIMALS, parse_units
from hlsim.core.refusal import Refused
from hlsim.core.universe import FIRST_DEX, Instrument
from hlsim.market.bar_path import BarPath
from hlsim.market.bars import read_bars
from hlsim.market.capture import read_capture
from hlsim.market.catalogue import Listing, dex_listing, listing_from, listings
from hlsim.market.recorded import RecordedMarket
from hlsim.market.synthetic import SyntheticMarket
from hlsim.server.settings import BuilderDex, Deposit, Holding, Settings


def build_exchange(
    settings: Settings, start_ms: int, market: Market | None = None
) -> Exchange:
    """Return the exchange as of ``start_ms``; raises ValueError with a sentence.

    ``market`` is one that was made elsewhere, as a mirror is.
    """
    market = market or build_market(settings, start_ms)
    exchange = Exchange(
        market, seed=settings.seed, start_ms=start_ms, terms=settings.terms
    )
    for one in _deposits(settings):
        _pay_in(exchange, one, start_ms)
    for holding in settings.holdings:
        _grant(exchange, holding)
    for master, agent in settings.agents:
        _approve(exchange, master, agent, start_ms)
    _check_carried(exchange, settings, start_ms)
    exchange.happened(start_ms)  # nobody listens yet
    return exchange


def _approve(exchange: Exchange, master: str, agent: str, start_ms: int) -> None:
    match exchange.act(master, ApproveAgent(address=agent, name="3t"), start_ms):
        case Refused(text):
            raise ValueError(f"agent {agent} of {master}: {text}")


def build_market(settings: Settings, start_ms: int) -> Market:
    """Return the market the settings ask for."""
    if settings.recordings:
        return _recorded(settings, start_ms)
    return SyntheticMarket(
        (*listings(settings.symbols, settings.seed), *_on_dexes(settings.dexes)),
        seed=settings.seed,
        start_ms=start_ms,
        block_ms=settings.block_ms,
        history_days=settings.history_days,
        rate=settings.rate,
    )


def _on_dexes(dexes: Sequence[BuilderDex]) -> Sequence[Listing]:
    if len({one.name for one in dexes}) != len(dexes):
        raise ValueError("a builder dex is given twice")
    return [
        dex_listing(
            dex.name,
            coin.name,
            coin.px,
            sz_decimals=coin.sz_decimals,
            max_leverage=coin.max_leverage,
        )
        for dex in dexes
        for coin in dex.coins
    ]


def _recorded(settings: Settings, start_ms: int) -> Market:
    captures = [one for one in settings.recordings if one.path.suffix == ".gz"]
    if not captures:
        return _along_bars(settings, start_ms)
    if len(settings.recordings) > 1:
        raise ValueError("a websocket capture is played alone")
    return RecordedMarket(
        read_capture(captures[0].path),
        seed=settings.seed,
        start_ms=start_ms,
        delay_ms=settings.playback_delay_ms,
        loop=settings.loop,
    )


def _along_bars(settings: Settings, start_ms: int) -> Market:
    bars = [read_bars(one.path) for one in settings.recordings]
    listed = tuple(
        listing_from(one.coin, rows[0].open)
        for one, rows in zip(settings.recordings, bars, strict=True)
    )
    path = BarPath(
        bars,
        [one.instrument.px_decimals for one in listed],
        block_ms=settings.block_ms,
        loop=settings.loop,
    )
    return SyntheticMarket(
        listed,
        seed=settings.seed,
        start_ms=start_ms,
        block_ms=settings.block_ms,
        history_days=0,
        rate=settings.rate,
        path=path,
    )


def _pay_in(exchange: Exchange, deposit: Deposit, start_ms: int) -> None:
    """Dollars enter on the first dex, and are sent on from there."""
    user, usd = deposit.address.lower(), int(deposit.funds.scaleb(USD_DECIMALS))
    exchange.deposit(user, usd, start_ms)
    if deposit.dex == FIRST_DEX:
        return
    wish = SendAsset(
        destination=user,
        source_dex=FIRST_DEX,
        destination_dex=deposit.dex,
        usd=usd,
    )
    match exchange.act(user, wish, start_ms):
        case Refused(text):
            raise ValueError(f"the dollars of {user} on {deposit.dex!r}: {text}")


def _deposits(settings: Settings) -> Sequence[Deposit]:
    places = {(one.address.lower(), one.dex) for one in settings.accounts}
    if len(places) != len(settings.accounts):
        raise ValueError("an account is given twice")
    for holding in settings.holdings:
        if holding.address.lower() not in {address for address, _ in places}:
            raise ValueError(
                f"the position of {holding.address.lower()} has no account"
            )
    return settings.accounts


def _grant(exchange: Exchange, holding: Holding) -> None:
    user = holding.address.lower()
    asset = exchange.universe.asset(holding.coin)
    if asset is None:
        raise ValueError(f"there is no coin called {holding.coin!r}")
    instrument = exchange.universe[asset]
    if exchange.account(user, instrument.dex).szi(asset):
        raise ValueError(f"{user} has two positions in {holding.coin}")
    leverage = Leverage(
        _leverage(holding, instrument),
        holding.is_cross and not instrument.only_isolated,
    )
    size = parse_units(holding.szi, instrument.sz_decimals)
    if not size:
        raise ValueError(f"the position of {user} in {holding.coin} has no size")
    px = _entry_px(holding, instrument)
    exchange.grant(user, asset, szi=size, px=px, leverage=leverage)


def _leverage(holding: Holding, instrument: Instrument) -> int:
    if instrument.is_delisted:
        raise ValueError(f"{holding.coin} is delisted")
    most = instrument.max_leverage
    leverage = holding.leverage or min(DEFAULT_LEVERAGE, most)
    if leverage > most:
        raise ValueError(f"{holding.coin} allows leverage up to {most}")
    return leverage


def _entry_px(holding: Holding, instrument: Instrument) -> int:
    px = parse_units(holding.entry_px, instrument.px_decimals)
    if px <= 0:
        raise ValueError(f"{holding.entry_px} is no entry price")
    return px


def _check_carried(exchange: Exchange, settings: Settings, now_ms: int) -> None:
    """Raise ValueError for positions that their account has no margin for."""
    marks = marks_at(exchange.market, now_ms)
    for user in {one.address.lower() for one in settings.holdings}:
        account = exchange.account(user)
        free = cross_value(account, marks) - bound(account, exchange.universe, marks)
        if free < 0:
            raise ValueError(f"{user} has no margin for its positions")
