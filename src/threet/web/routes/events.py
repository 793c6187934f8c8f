"""Push: what changed, at most a few times a second, for as long as a client listens."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from threet.model.candles import Timeframe
from threet.model.errors import DependencyError
from threet.web.answers import ErrorAnswer
from threet.web.desk import AtDesk, Desk
from threet.web.frames import Frames

router = APIRouter(prefix="/api", tags=["events"])

MAX_CLIENTS = 100
_FRAME_PAUSE_SECS = 0.25
_HEARTBEAT_SECS = 3.0


@router.get(
    "/events",
    summary="Server-sent events: `hello` once, then `frame` with what changed",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}},
        503: {"model": ErrorAnswer, "description": "Too many listen already"},
    },
)
async def events(
    desk: AtDesk,
    request: Request,
    symbol: Annotated[str | None, Query(max_length=40)] = None,
    timeframe: Timeframe | None = None,
) -> StreamingResponse:
    if desk.listeners >= MAX_CLIENTS:
        raise DependencyError("web", f"{MAX_CLIENTS} clients listen already")
    return StreamingResponse(
        _frames(desk, request, Frames(desk, symbol, timeframe)),
        media_type="text/event-stream",
        headers={"cache-control": "no-store"},
    )


async def _frames(desk: Desk, request: Request, frames: Frames) -> AsyncIterator[bytes]:
    """Until the server stops, or whoever asked may look no longer."""
    desk.listeners += 1
    try:
        yield frames.hello()
        while not desk.hub.is_closed and desk.access.may_look(request) is None:
            await desk.hub.wait_beyond(frames.seen, _HEARTBEAT_SECS)
            yield frames.next() or b": nothing new\n\n"
            await desk.parts.clock.sleep(_FRAME_PAUSE_SECS)
    finally:
        desk.listeners -= 1
