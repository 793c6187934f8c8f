"""Numbers by name, of the newest catalogue; what has none now is not listed (M1)."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from threet.adapters.memory.clock import ManualClock
from threet.market_data.trading_catalogue import TradingCatalogue
from threet.model.errors import UnknownSymbolError
from threet.model.products import Product


def product(symbol: str, asset_id: int | None, **more: Any) -> Product:
    return Product(
        exchange="hyperliquid",
        symbol=symbol,
        pair=symbol,
        max_leverage=10,
        quantity_decimals=2,
        asset_id=asset_id,
        **more,
    )


@dataclass
class World:
    listed: list[Product] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = ManualClock(1_767_225_600_000)
        self.catalogue = TradingCatalogue(lambda: list(self.listed), self.clock)


def test_m1_a_number_is_the_catalogues_and_no_place_in_a_list() -> None:
    world = World([product("BTC", 0), product("xyz:AAPL", 110_001)])
    assert world.catalogue.asset_of("xyz:AAPL") == 110_001
    world.listed = [product("BTC", 0), product("xyz:AAPL", 120_001)]
    world.clock.advance(61)
    assert world.catalogue.asset_of("xyz:AAPL") == 120_001


def test_f44_what_has_no_number_now_has_no_sizes_and_disturbs_nothing() -> None:
    world = World([product("BTC", 0), product("xyz:AAPL", None, is_delisted=True)])
    with pytest.raises(UnknownSymbolError):
        world.catalogue.asset_of("xyz:AAPL")
    assert world.catalogue.decimals("xyz:AAPL") is None
    assert world.catalogue.delisted() == {"xyz:AAPL"}
    assert world.catalogue.asset_of("BTC") == 0
    assert world.catalogue.decimals("BTC") == 2


def test_a_margin_that_cannot_be_shared_is_known() -> None:
    world = World([product("BTC", 0), product("xyz:A", 110_000, only_isolated=True)])
    assert world.catalogue.is_isolated("xyz:A")
    assert not world.catalogue.is_isolated("BTC")
