"""Reading over HTTP: each way an answer can fail is told apart."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
from aiohttp import web

from tests.integration.hyperliquid.scripted_server import ScriptedServer, serving
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.memory.clock import ManualClock
from threet.model.candles import Timeframe
from threet.model.errors import (
    ExchangeError,
    MalformedAnswerError,
    RateLimitedError,
    RefusedByExchangeError,
    ThreeTError,
    UnknownSymbolError,
    UnreachableError,
)

NOW_MS = 1_767_225_600_000
OPEN_MS = NOW_MS - 60_000


def reader(url: str, timeout_secs: float = 20.0) -> HyperliquidReader:
    return HyperliquidReader(
        url=url, clock=ManualClock(NOW_MS), timeout_secs=timeout_secs
    )


def candle(**changes: object) -> dict[str, object]:
    prices = {"o": "1.0", "h": "2.0", "l": "0.5", "c": "1.5", "v": "10.0"}
    row = {"t": OPEN_MS, "T": OPEN_MS + 59_999, "s": "kPEPE", "i": "1m", "n": 3}
    return {**row, **prices, **changes}


def candles(one: HyperliquidReader) -> Any:
    return one.candles("kPEPE", Timeframe.M1, OPEN_MS, NOW_MS)


async def asked(
    status: int,
    body: bytes,
    ask: Callable[[HyperliquidReader], Any],
    headers: dict[str, str] | None = None,
) -> Any:
    """What ``ask`` makes of one answer."""

    async def answer(request: dict[str, object]) -> web.StreamResponse:
        del request
        return web.Response(status=status, body=body, headers=headers)

    async with serving(ScriptedServer(answer=answer)) as server:
        one = reader(server.url)
        try:
            return await asyncio.to_thread(ask, one)
        finally:
            one.close()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (429, b"slow down", RateLimitedError),
        (422, b"Failed to deserialize the JSON body", RefusedByExchangeError),
        (400, b"", RefusedByExchangeError),
        (302, b"", RefusedByExchangeError),
        (500, b"oops", UnreachableError),
        (502, b"<html>bad gateway</html>", UnreachableError),
        (500, b"null", UnknownSymbolError),
        (200, b"<html>maintenance</html>", MalformedAnswerError),
        (200, b"null", MalformedAnswerError),
        (200, b'[{"t":1}]', MalformedAnswerError),
        (200, msgspec.json.encode([candle(h="NaN")]), MalformedAnswerError),
        (200, msgspec.json.encode([candle(l="-1")]), MalformedAnswerError),
        (200, msgspec.json.encode([candle(s="BTC")]), MalformedAnswerError),
    ],
)
async def test_each_kind_of_failure_has_its_own_error(
    status: int, body: bytes, error: type[ThreeTError]
) -> None:
    with pytest.raises(error):
        await asked(status, body, candles)


async def test_the_time_to_wait_is_the_servers_if_it_says_one() -> None:
    with pytest.raises(RateLimitedError) as caught:
        await asked(429, b"", candles, headers={"Retry-After": "7"})
    assert caught.value.retry_after_secs == 7


async def test_nobody_listening_is_unreachable() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(UnreachableError) as caught:
        await asyncio.to_thread(reader(url).server_ms)
    assert "exchangeStatus" in str(caught.value)


async def test_an_answer_that_does_not_come_is_unreachable() -> None:
    hanging = asyncio.Event()

    async def answer(request: dict[str, object]) -> web.StreamResponse:
        del request
        await hanging.wait()
        return web.Response()

    async with serving(ScriptedServer(answer=answer)) as server:
        with pytest.raises(ExchangeError) as caught:
            await asyncio.to_thread(reader(server.url, 0.5).server_ms)
        hanging.set()
    assert isinstance(caught.value, UnreachableError)


async def test_an_answer_that_trickles_is_given_up_after_twice_the_timeout() -> None:
    hanging = asyncio.Event()
    clock = ManualClock(NOW_MS)

    async def trickle() -> AsyncIterator[bytes]:
        clock.advance(40.01)
        yield b" " * 10
        await hanging.wait()

    async def answer(request: dict[str, object]) -> web.StreamResponse:
        del request
        return web.Response(body=trickle(), headers={"Content-Length": "1000000"})

    async with serving(ScriptedServer(answer=answer)) as server:
        one = HyperliquidReader(url=server.url, clock=clock, timeout_secs=20)
        with pytest.raises(UnreachableError, match=r"longer than 40 s"):
            await asyncio.to_thread(one.server_ms)
        one.close()
        hanging.set()


async def test_a_mixed_case_symbol_and_its_bar_arrive_as_they_are() -> None:
    (bar,) = await asked(200, msgspec.json.encode([candle()]), candles)
    assert (bar.symbol, str(bar.close), bar.is_closed) == ("kPEPE", "1.5", True)


async def test_a_bar_whose_end_has_not_passed_is_forming() -> None:
    body = msgspec.json.encode([candle(t=NOW_MS, T=NOW_MS + 59_999)])
    (bar,) = await asked(200, body, candles)
    assert not bar.is_closed


def trade(**changes: object) -> dict[str, object]:
    row = {"coin": "kPEPE", "side": "A", "px": "1.5", "sz": "2.0", "hash": "0x0"}
    return {**row, "time": OPEN_MS, "tid": 7, "users": [], **changes}


async def test_recent_trades_are_those_of_the_symbol_that_was_asked_for() -> None:
    def ask(one: HyperliquidReader) -> Any:
        return one.recent_trades("kPEPE")

    (told,) = await asked(200, msgspec.json.encode([trade()]), ask)
    assert (told.symbol, str(told.price), told.trade_id) == ("kPEPE", "1.5", 7)
    with pytest.raises(MalformedAnswerError):
        await asked(200, msgspec.json.encode([trade(coin="BTC")]), ask)
    with pytest.raises(UnknownSymbolError):
        await asked(500, b"null", ask)
