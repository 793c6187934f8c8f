"""What is measured of an answer: its route and status, and that of none."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from threet.adapters.memory.clock import ManualClock
from threet.ports.telemetry import Reading
from threet.web.stopwatch import Stopwatch


class _Told:
    def __init__(self) -> None:
        self.served_: list[tuple[str, str, int, float]] = []

    def note(self, readings: Sequence[Reading]) -> None: ...

    def served(self, method: str, route: str, status: int, secs: float) -> None:
        self.served_.append((method, route, status, secs))


class _Route:
    path = "/api/candles"


async def _asked(app: ASGIApp, clock: ManualClock) -> _Told:
    told = _Told()

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(_: Message) -> None: ...

    scope = {"type": "http", "method": "GET", "route": _Route()}
    await Stopwatch(app, clock=clock, telemetry=told)(scope, receive, send)
    return told


def _start(status: int, content_type: str = "application/json") -> Message:
    headers = [(b"content-type", content_type.encode())]
    return {"type": "http.response.start", "status": status, "headers": headers}


async def test_an_answer_is_measured_by_route_and_status() -> None:
    clock = ManualClock(0)

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        clock.advance(0.5)
        await send(_start(404))

    told = await _asked(app, clock)
    assert told.served_ == [("GET", "/api/candles", 404, 0.5)]


async def test_a_stream_is_not_measured() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(_start(200, "text/event-stream; charset=utf-8"))

    assert (await _asked(app, ManualClock(0))).served_ == []


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError, 500), (asyncio.CancelledError, 0)]
)
async def test_an_error_nobody_foresaw_is_a_500_and_a_client_that_left_is_none(
    error: type[BaseException], status: int
) -> None:
    told = _Told()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise error

    async def receive() -> Message:
        raise AssertionError

    async def send(_: Message) -> None:
        raise AssertionError

    watch = Stopwatch(app, clock=ManualClock(0), telemetry=told)
    with pytest.raises(error):
        await watch({"type": "http", "method": "GET"}, receive, send)
    assert told.served_ == [("GET", "other", status, 0.0)]
