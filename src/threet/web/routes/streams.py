"""The streams between the processes: how long, how new, who lags."""

import asyncio

from fastapi import APIRouter

from threet.model.errors import DependencyError
from threet.web.answers import ErrorAnswer, StreamsAnswer
from threet.web.desk import AtDesk
from threet.web.health_board import stream_answer
from threet.web.waiting import PATIENCE_SECS

router = APIRouter(prefix="/api", tags=["health"])


@router.get(
    "/streams",
    summary="Every stream with its groups",
    responses={503: {"model": ErrorAnswer, "description": "Redis is down"}},
)
async def streams(desk: AtDesk) -> StreamsAnswer:
    try:
        async with asyncio.timeout(PATIENCE_SECS):
            found = await desk.parts.live.streams()
    except TimeoutError:
        reason = f"no answer within {PATIENCE_SECS:g} s"
        raise DependencyError("redis", reason) from None
    now_ms = desk.parts.clock.now_ms()
    return StreamsAnswer(
        now_ms=now_ms, streams=[stream_answer(stream, now_ms) for stream in found]
    )
