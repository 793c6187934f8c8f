"""The simulated exchange in process, behind the platform's own port.

Virtual time: it moves only when its owner advances it, thousands of times faster than
a clock would. Nothing is decoded, so this is also a second reading of the exchange's
state beside the one over the wire.
"""

from collections.abc import Sequence
from decimal import Decimal

from hlsim.core.candles import Candle as SimulatedCandle
from hlsim.core.exchange import Exchange, UnknownCoinError
from hlsim.core.intervals import close_ms
from hlsim.core.margin import AccountState as SimulatedState
from hlsim.core.margin import PositionState
from hlsim.core.universe import FIRST_DEX, Instrument
from hlsim.virtual import VirtualExchange
from threet.model.accounts import AccountPosition, AccountState, MarginMode
from threet.model.candles import Candle, Timeframe
from threet.model.errors import UnknownSymbolError
from threet.model.products import Product

EXCHANGE = "hyperliquid"
_USD_DECIMALS = 6
_ENTRY_DECIMALS = Decimal("1e-8")


class SimulatedExchange:
    """Implements ``threet.ports.exchange.ExchangeReader`` on a virtual exchange."""

    def __init__(self, venue: VirtualExchange) -> None:
        """Read ``venue``, whose time its owner moves."""
        self._venue = venue

    def server_ms(self) -> int:
        return self._venue.now_ms

    def products(self) -> Sequence[Product]:
        universe = self._exchange.universe
        return [_product(universe[asset]) for asset in universe.members(FIRST_DEX)]

    def candles(
        self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> Sequence[Candle]:
        try:
            asset = self._exchange.asset(symbol)
        except UnknownCoinError as error:
            raise UnknownSymbolError(symbol) from error
        now_ms = self._venue.now_ms
        rows = self._exchange.charts.candles(
            asset, timeframe.value, start_ms, end_ms, now_ms
        )
        instrument = self._exchange.universe[asset]
        return [_candle(row, instrument, timeframe, now_ms) for row in rows]

    def account(self, address: str) -> AccountState:
        user, now_ms = address.lower(), self._venue.now_ms
        state = self._exchange.account_state(user, now_ms)
        return _account(state, address, now_ms)

    @property
    def _exchange(self) -> Exchange:
        return self._venue.exchange


def _product(one: Instrument) -> Product:
    return Product(
        exchange=EXCHANGE,
        symbol=one.name,
        pair=f"{one.name}/USDC:USDC",
        max_leverage=one.max_leverage,
        quantity_decimals=one.sz_decimals,
        is_delisted=one.is_delisted,
    )


def _candle(
    row: SimulatedCandle, one: Instrument, timeframe: Timeframe, now_ms: int
) -> Candle:
    return Candle(
        symbol=one.name,
        timeframe=timeframe,
        open_ms=row.t,
        open=_scaled(row.o, one.px_decimals),
        high=_scaled(row.h, one.px_decimals),
        low=_scaled(row.l, one.px_decimals),
        close=_scaled(row.c, one.px_decimals),
        volume=_scaled(row.v, one.sz_decimals),
        trades=row.n,
        is_closed=close_ms(timeframe.value, row.t) < now_ms,
    )


def _account(state: SimulatedState, address: str, now_ms: int) -> AccountState:
    return AccountState(
        address=address,
        account_ms=now_ms,
        account_value=_usd(state.total.account_value),
        total_margin_used=_usd(state.total.total_margin_used),
        total_notional=_usd(state.total.total_ntl_pos),
        withdrawable=_usd(state.withdrawable),
        maintenance_margin=_usd(state.cross_maintenance),
        positions=tuple(_position(one) for one in state.positions),
    )


def _position(one: PositionState) -> AccountPosition:
    held, instrument = one.position, one.instrument
    entry = _usd(held.cost) / _scaled(held.szi, instrument.sz_decimals)
    return AccountPosition(
        symbol=instrument.name,
        quantity=_scaled(held.szi, instrument.sz_decimals),
        entry_price=entry.quantize(_ENTRY_DECIMALS),
        leverage=held.leverage,
        margin_mode=MarginMode.CROSS if held.is_cross else MarginMode.ISOLATED,
        margin_used=_usd(one.margin_used),
        position_value=_usd(one.value),
        unrealized_pnl=_usd(one.unrealized_pnl),
        liquidation_price=one.liquidation_px,
        funding_since_open=_usd(held.funding.since_open),
    )


def _usd(micro: int) -> Decimal:
    return _scaled(micro, _USD_DECIMALS)


def _scaled(units: int, decimals: int) -> Decimal:
    return Decimal(units).scaleb(-decimals)
