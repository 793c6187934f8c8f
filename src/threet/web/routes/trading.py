"""What was decided, sent, filled; what is risked; what is halted."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query

from threet.bootstrap import WebTrading
from threet.ports.trading_view import Page, Place
from threet.web.answers import ErrorAnswer
from threet.web.desk import AtDesk
from threet.web.orders_desk import read_orders
from threet.web.pnl_desk import By
from threet.web.trading_answers import (
    DecisionsAnswer,
    EquityAnswer,
    FillsAnswer,
    HaltsAnswer,
    LimitsAnswer,
    OrdersAnswer,
    PnlAnswer,
    RunsAnswer,
)
from threet.web.trading_desk import (
    read_decisions,
    read_equity,
    read_fills,
    read_halts,
)

router = APIRouter(
    prefix="/api",
    tags=["trading"],
    responses={
        404: {"model": ErrorAnswer, "description": "Nothing trades here"},
        422: {"model": ErrorAnswer, "description": "A parameter is out of its range"},
        503: {"model": ErrorAnswer, "description": "The database is down"},
    },
)

_DAY_MS = 86_400_000
_MOST_DAYS = 30
_MOST_ROWS = 1000
_MOST_POINTS = 2000
_LATEST_MS = 2**53
_NUMBER = re.compile("[0-9]{1,18}")
_NO_PLACE = "before: give `next` of the page before"


def trading_of(desk: AtDesk) -> WebTrading:
    trading = desk.parts.trading
    if trading is None:
        raise HTTPException(404, "nothing trades here")
    return trading


AtTrading = Annotated[WebTrading, Depends(trading_of)]
_Since = Annotated[
    int | None, Query(ge=0, le=_LATEST_MS, description="UTC milliseconds, included")
]


def page_of(
    symbol: Annotated[str | None, Query(min_length=1, max_length=40)] = None,
    run: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
    since_ms: _Since = None,
    before: Annotated[
        str | None,
        Query(max_length=200, description="`next` of the page before"),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST_ROWS)] = 100,
) -> Page:
    place = None if before is None else _place(before)
    return Page(limit=limit, symbol=symbol, run=run, since_ms=since_ms, before=place)


AtPage = Annotated[Page, Depends(page_of)]


def _place(text: str) -> Place:
    at_ms, separator, key = text.partition("~")
    if not separator or not _NUMBER.fullmatch(at_ms):
        raise HTTPException(422, _NO_PLACE)
    return int(at_ms), key


@router.get("/decisions", summary="Why something was done, or was not; newest first")
async def decisions(desk: AtDesk, trading: AtTrading, page: AtPage) -> DecisionsAnswer:
    return await read_decisions(desk.parts, trading.view, page)


@router.get("/fills", summary="What was traded, each execution once; newest first")
async def fills(desk: AtDesk, trading: AtTrading, page: AtPage) -> FillsAnswer:
    if page.before is not None and not _NUMBER.fullmatch(page.before[1]):
        raise HTTPException(422, _NO_PLACE)
    return await read_fills(desk.parts, trading.view, page)


@router.get("/orders", summary="Working orders, and what became of every intent")
async def orders(desk: AtDesk, trading: AtTrading, page: AtPage) -> OrdersAnswer:
    return await read_orders(desk.parts, trading, page)


@router.get("/runs", summary="Strategy runs: what they want, hold and made")
async def runs(desk: AtDesk, trading: AtTrading) -> RunsAnswer:
    return await desk.pnl.runs(trading)


@router.get("/pnl", summary="Profit and loss: realized, fees, funding, unrealized")
async def pnl(desk: AtDesk, trading: AtTrading, by: By = By.RUN) -> PnlAnswer:
    return await desk.pnl.pnl(trading, by)


@router.get("/equity", summary="The account's equity over time, the last day by itself")
async def equity(
    desk: AtDesk,
    since_ms: _Since = None,
    points: Annotated[int, Query(ge=2, le=_MOST_POINTS)] = 500,
) -> EquityAnswer:
    """At most thirty days back."""
    now_ms = desk.parts.clock.now_ms()
    since = now_ms - _DAY_MS if since_ms is None else since_ms
    return await read_equity(
        desk.parts, max(since, now_ms - _MOST_DAYS * _DAY_MS), points
    )


@router.get("/limits", summary="Each limit of `risk`, and how much of it is used now")
async def limits(desk: AtDesk, trading: AtTrading) -> LimitsAnswer:
    return await desk.trading.limits(trading)


@router.get("/halts", summary="What keeps the accounts from new risk")
async def halts(desk: AtDesk) -> HaltsAnswer:
    return await read_halts(desk.parts)
