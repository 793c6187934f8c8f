"""The two things that can be changed from here: stop, and go on."""

from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from threet.accounts import kill_switch
from threet.web.answers import ErrorAnswer
from threet.web.desk import AtDesk, Desk
from threet.web.routes.trading import AtTrading
from threet.web.security import http_error
from threet.web.trading_answers import HaltsAnswer
from threet.web.trading_desk import read_halts
from threet.web.waiting import in_thread

_log = structlog.get_logger("threet.web")


async def require_may_act(desk: AtDesk, request: Request) -> None:
    """Before the request's body is looked at."""
    refusal = desk.access.may_act(request)
    if refusal is not None:
        _log.warning("change_refused", path=request.url.path, why=refusal.sentence)
        raise http_error(refusal)


router = APIRouter(
    prefix="/api",
    tags=["trading"],
    dependencies=[Depends(require_may_act)],
    responses={
        401: {"model": ErrorAnswer, "description": "Not logged in"},
        403: {"model": ErrorAnswer, "description": "Not from the page, or closed"},
        422: {"model": ErrorAnswer, "description": "Not confirmed"},
        503: {"model": ErrorAnswer, "description": "No answer: look at /api/halts"},
    },
)


class KillRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    confirm: Literal["KILL"]
    flatten: Annotated[
        bool, Field(description="Close every position, too, by reduce-only orders")
    ] = False
    reason: Annotated[str, Field(max_length=200)] = "stopped on the page"


class ResumeRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    confirm: Literal["RESUME"]


@router.post(
    "/kill",
    summary="Halt every account: cancel what rests, take no new risk",
)
async def kill(desk: AtDesk, trading: AtTrading, wanted: KillRequest) -> HaltsAnswer:
    now_ms = desk.parts.clock.now_ms()

    def halt() -> None:
        accounts = trading.halts().values()
        kill_switch.pull(accounts, wanted.reason, now_ms, flatten=wanted.flatten)

    await in_thread("database", halt)
    _log.warning("killed", reason=wanted.reason, flatten=wanted.flatten)
    return await _told(desk)


@router.post("/resume", summary="End the kill switch's halt")
async def resume(
    desk: AtDesk, trading: AtTrading, wanted: ResumeRequest
) -> HaltsAnswer:
    await in_thread("database", lambda: kill_switch.release(trading.halts().values()))
    _log.warning("resumed", confirmed=wanted.confirm)
    return await _told(desk)


async def _told(desk: Desk) -> HaltsAnswer:
    await desk.trading.refresh()
    desk.hub.touch()
    return await read_halts(desk.parts)
