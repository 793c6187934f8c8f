"""The application: routes behind the gate, tasks for as long as it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from threet.bootstrap import WebParts
from threet.web.desk import Desk
from threet.web.failures import register_failures
from threet.web.routes import (
    account,
    candles,
    changes,
    events,
    health,
    login,
    market,
    streams,
    trading,
)
from threet.web.security import Gate
from threet.web.stopwatch import Stopwatch

_STATIC = Path(__file__).parent / "static"

# What the vendored chart library writes into a <style> element for its logo.
_STYLE_HASHES = ("sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY=",)

_DESCRIPTION = """\
What 3T sees; what changes something is a POST, from the page or with the token. Money
is exact: numbers of money are strings, as stored. Times are UTC milliseconds. A price
comes with its age and a state, and what is not known is null or missing; never 0."""


class _Pages(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"  # asks, and gets 304
        return response


def create_app(parts: WebParts) -> FastAPI:
    desk = Desk(parts)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with desk.open():
            yield

    app = FastAPI(
        title="3T",
        version="1",
        description=_DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
    )
    app.state.desk = desk
    register_failures(app)
    modules = (
        health, market, candles, account, trading, streams, events, login, changes
    )  # fmt: skip
    for module in modules:
        app.include_router(module.router)
    app.mount("/", _Pages(directory=_STATIC, html=True))
    app.add_middleware(Stopwatch, clock=parts.clock, telemetry=parts.telemetry)
    app.add_middleware(
        Gate,
        allowed_hosts=parts.allowed_hosts,
        style_hashes=_STYLE_HASHES,
        may_look=desk.access.may_look,
    )
    return app
