"""Candles for the chart, joined from rows that are encoded already."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from threet.model.candles import Timeframe
from threet.web.answers import CandlesAnswer, ErrorAnswer
from threet.web.desk import AtDesk
from threet.web.hot_candles import MAX_ROWS, Reading

router = APIRouter(prefix="/api", tags=["market"])

_COLUMNS = ("open_ms", "open", "high", "low", "close", "volume", "trades", "closed")


@router.get(
    "/candles",
    summary="The newest bars of a symbol, the forming one included",
    response_model=CandlesAnswer,
    responses={
        404: {"model": ErrorAnswer, "description": "No such symbol"},
        422: {"model": ErrorAnswer, "description": "No such timeframe, or limit"},
        503: {"model": ErrorAnswer, "description": "Store or exchange is down"},
    },
)
async def candles(
    desk: AtDesk,
    symbol: Annotated[str, Query(min_length=1, max_length=40, examples=["BTC"])],
    timeframe: Annotated[Timeframe, Query(examples=["1m"])] = Timeframe.M1,
    limit: Annotated[int, Query(ge=1, le=MAX_ROWS)] = 500,
) -> Response:
    reading = await desk.candles.reading(symbol, timeframe)
    return Response(candles_body(reading, limit), media_type="application/json")


def candles_body(reading: Reading, limit: int) -> bytes:
    head = msgspec.json.encode(
        {
            "symbol": reading.window.symbol,
            "timeframe": reading.window.timeframe.value,
            "is_kept": reading.is_kept,
            "source": reading.source.value,
            "read_ms": reading.read_ms,
            "columns": _COLUMNS,
        }
    )
    return b"".join((head[:-1], b',"rows":[', reading.window.rows(limit), b"]}"))
