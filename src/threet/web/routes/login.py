"""Logging in and out, and what the page has to know of it."""

from pathlib import Path
from typing import Annotated

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from threet.web.access import Access
from threet.web.answers import ErrorAnswer
from threet.web.desk import AtDesk
from threet.web.security import answer_of
from threet.web.sessions import LASTS_SECS
from threet.web.trading_answers import SessionAnswer

router = APIRouter(tags=["login"])

_PAGE = Path(__file__).parent.parent / "static" / "login.html"
_log = structlog.get_logger("threet.web")


class LoginRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    token: Annotated[str, Field(max_length=200, description="`web.token`")]


@router.get("/login", include_in_schema=False)
async def page() -> FileResponse:
    return FileResponse(_PAGE, headers={"cache-control": "no-cache"})


@router.get("/api/session", summary="Who asks, and the secret that a change needs")
async def session(desk: AtDesk, request: Request, response: Response) -> SessionAnswer:
    access = desk.access
    known = access.session(request)
    if known is None:
        name, known = access.sessions.begin(is_known=False)
        _set_cookie(access, request, response, name)
    response.headers["cache-control"] = "no-store"
    return SessionAnswer(
        is_logged_in=known.is_known,
        needs_login=access.needs_login,
        why_closed=access.why_closed(request),
        csrf=known.csrf,
    )


@router.post(
    "/login",
    summary="Give the token, and get a session",
    response_model=SessionAnswer,
    responses={
        401: {"model": ErrorAnswer, "description": "Not the token"},
        403: {"model": ErrorAnswer, "description": "Not from the page"},
        429: {"model": ErrorAnswer, "description": "Too many wrong tokens"},
    },
)
async def login(desk: AtDesk, request: Request, wanted: LoginRequest) -> Response:
    access = desk.access
    refusal = access.is_own_page(request) or access.try_token(request, wanted.token)
    if refusal is not None:
        _log.warning("login_refused", status=refusal.status)
        return answer_of(refusal)
    access.sessions.end(access.session_name(request))  # never one that was there before
    name, known = access.sessions.begin(is_known=True)
    told = SessionAnswer(
        is_logged_in=True, needs_login=True, why_closed=None, csrf=known.csrf
    )
    answer = JSONResponse(told.model_dump())
    _set_cookie(access, request, answer, name)
    _log.info("logged_in")
    return answer


@router.post(
    "/logout",
    summary="End the session",
    status_code=204,
    responses={403: {"model": ErrorAnswer, "description": "Not from the page"}},
)
async def logout(desk: AtDesk, request: Request) -> Response:
    access = desk.access
    refusal = access.is_own_page(request)
    if refusal is not None:
        return answer_of(refusal)
    access.sessions.end(access.session_name(request))
    answer = Response(status_code=204)
    answer.delete_cookie(access.cookie, httponly=True, samesite="strict")
    return answer


def _set_cookie(
    access: Access, request: Request, response: Response, name: str
) -> None:
    response.set_cookie(
        access.cookie,
        name,
        max_age=LASTS_SECS,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
