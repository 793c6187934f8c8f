"""The streams between the processes: how long, how new, who lags."""

from fastapi import APIRouter

from threet.web.answers import ErrorAnswer, StreamsAnswer
from threet.web.desk import AtDesk
from threet.web.health_board import stream_answer
from threet.web.waiting import in_time

router = APIRouter(prefix="/api", tags=["health"])


@router.get(
    "/streams",
    summary="Every stream with its groups",
    responses={503: {"model": ErrorAnswer, "description": "Redis is down"}},
)
async def streams(desk: AtDesk) -> StreamsAnswer:
    found = await in_time("redis", desk.parts.live.streams())
    now_ms = desk.parts.clock.now_ms()
    return StreamsAnswer(
        now_ms=now_ms, streams=[stream_answer(stream, now_ms) for stream in found]
    )
