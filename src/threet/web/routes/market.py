"""Products, prices and sparklines."""

from fastapi import APIRouter

from threet.market_data.staleness import coverage_of, judge_price
from threet.model.prices import Fresh, Missing, NewestPrice, Stale
from threet.web.answers import (
    CoverageAnswer,
    ErrorAnswer,
    PriceAnswer,
    PricesAnswer,
    ProductAnswer,
    ProductsAnswer,
    SparklineAnswer,
    SparklinesAnswer,
    exact,
)
from threet.web.desk import AtDesk
from threet.web.live_hub import mids_of
from threet.web.markets import Market
from threet.web.sparklines import Sparkline
from threet.web.waiting import in_time

router = APIRouter(
    prefix="/api",
    tags=["market"],
    responses={503: {"model": ErrorAnswer, "description": "A dependency is down"}},
)

_NS_PER_MS = 1_000_000


@router.get(
    "/products",
    summary="The kept products in their order, then every other market with a price",
    description="`is_kept` says whether 3T stores the history of a market. Of another"
    " one that is not in the exchange's catalogue only the symbol is known.",
)
async def products(desk: AtDesk) -> ProductsAnswer:
    return ProductsAnswer(
        products=[
            _product_answer(market)
            for market in await desk.markets.shown(desk.hub.mids())
        ]
    )


@router.get("/prices", summary="The newest prices, each with its age and state")
async def prices(desk: AtDesk) -> PricesAnswer:
    newest = await in_time("redis", desk.parts.live.newest_prices())
    mids = mids_of(newest)
    symbols = await desk.markets.priced(mids)
    now_ms = desk.parts.clock.now_ms()
    stale_after_ms = desk.parts.price_stale_after_ms
    quotes = [
        judge_price(
            symbol, mids.get(symbol), now_ms=now_ms, stale_after_ms=stale_after_ms
        )
        for symbol in symbols
    ]
    coverage = coverage_of(quotes)
    return PricesAnswer(
        now_ms=now_ms,
        stale_after_ms=stale_after_ms,
        coverage=CoverageAnswer(
            symbols=coverage.symbols,
            fresh=coverage.fresh,
            stale=coverage.stale,
            missing=coverage.missing,
        ),
        prices=[_price_answer(price, now_ms, stale_after_ms) for price in newest],
        missing=[quote.symbol for quote in quotes if isinstance(quote, Missing)],
    )


@router.get("/sparklines", summary="Two hours of every symbol, and what change is from")
async def sparklines(desk: AtDesk) -> SparklinesAnswer:
    found = {
        symbol: line
        for symbol in await desk.markets.priced(desk.hub.mids())
        if (line := desk.sparklines.of(symbol)) is not None and line.closes
    }
    return SparklinesAnswer(
        now_ms=desk.parts.clock.now_ms(),
        sparklines={symbol: _sparkline_answer(line) for symbol, line in found.items()},
    )


def _product_answer(market: Market) -> ProductAnswer:
    product = market.product
    if product is None:
        return ProductAnswer(symbol=market.symbol, is_kept=market.is_kept)
    return ProductAnswer(
        symbol=product.symbol,
        is_kept=market.is_kept,
        pair=product.pair,
        exchange=product.exchange,
        product_type=product.product_type.value,
        max_leverage=product.max_leverage,
        quantity_decimals=product.quantity_decimals,
        is_delisted=product.is_delisted,
    )


def _price_answer(price: NewestPrice, now_ms: int, stale_after_ms: int) -> PriceAnswer:
    quote = judge_price(
        price.symbol, price, now_ms=now_ms, stale_after_ms=stale_after_ms
    )
    age = quote.age_ms if isinstance(quote, Fresh | Stale) else 0
    return PriceAnswer(
        symbol=price.symbol,
        kind=price.kind.value,
        price=exact(price.price),
        event_ms=price.event_ms,
        received_ms=price.received_ns // _NS_PER_MS,
        age_ms=age,
        state="fresh" if isinstance(quote, Fresh) else "stale",
    )


def _sparkline_answer(line: Sparkline) -> SparklineAnswer:
    points = line.points()
    compared = line.compared_with()
    return SparklineAnswer(
        times_ms=[at for at, _ in points],
        closes=[close for _, close in points],
        reference=None if compared is None else compared[1],
        reference_ms=None if compared is None else compared[0],
    )
