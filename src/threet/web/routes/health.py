"""Whether it lives, whether it is ready, and how everything is."""

from typing import Any

from fastapi import APIRouter, Response

from threet.web.answers import HealthAnswer, LiveAnswer, ReadyAnswer
from threet.web.desk import AtDesk

router = APIRouter(prefix="/api/health", tags=["health"])

_DOWN: dict[int | str, dict[str, Any]] = {  # as FastAPI types it
    503: {"description": "The same body; a dependency it needs is down"}
}


@router.get("", summary="Every process, dependency, stream and price", responses=_DOWN)
async def health(desk: AtDesk, response: Response) -> HealthAnswer:
    summary = await desk.health.summary()
    if summary.status == "down":
        response.status_code = 503
    return summary


@router.get("/live", summary="This process answers")
async def live() -> LiveAnswer:
    return LiveAnswer()


@router.get("/ready", summary="It can serve what it is for", responses=_DOWN)
async def ready(desk: AtDesk, response: Response) -> ReadyAnswer:
    summary = await desk.health.summary()
    if not summary.is_ready:
        response.status_code = 503
    return ReadyAnswer(is_ready=summary.is_ready, reasons=summary.reasons)
