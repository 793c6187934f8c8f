"""Alerts reach people: the stream, a webhook, the log; and nobody waits for them."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import cast

import pytest
import redis
from aiohttp import web

from threet.adapters.notifying.dispatch import AlertDispatch
from threet.adapters.notifying.webhook import WebhookNotifier
from threet.adapters.redis_streams import codec
from threet.adapters.redis_streams.alert_notifier import StreamNotifier
from threet.adapters.redis_streams.blocking_publisher import BlockingPublisher
from threet.model.errors import DependencyError
from threet.model.events import AlertRaised

ALERT = AlertRaised(
    received_ns=1_767_225_600_000_000_000, name="exchange_failing", source="web",
    message="meta: HTTP 502", count=10, window_secs=60,
)  # fmt: skip
TOKEN = "t0ken"  # noqa: S105 - a fixture


class Remembering:
    def __init__(self) -> None:
        self.heard: list[AlertRaised] = []

    def notify(self, alert: AlertRaised) -> None:
        self.heard.append(alert)


class Stuck:
    def __init__(self) -> None:
        self.go = threading.Event()

    def notify(self, alert: AlertRaised) -> None:
        del alert
        self.go.wait(30)
        raise DependencyError("webhook", "TimeoutError")


class Hook:
    status, bodies, url = 200, list[dict[str, object]](), ""


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    found = Hook()
    found.bodies = []

    async def post(request: web.Request) -> web.Response:
        found.bodies.append(await request.json())
        return web.Response(status=found.status)

    app = web.Application()
    app.router.add_post("/{token}", post)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/{TOKEN}"
    yield found
    await runner.cleanup()


def test_an_alert_is_an_event_on_its_stream(valkey_client: "redis.Redis") -> None:
    publisher = BlockingPublisher(valkey_client, {"alerts:raised": 100})
    StreamNotifier(publisher).notify(ALERT)
    entries = cast(
        "list[tuple[bytes, dict[bytes, bytes]]]", valkey_client.xrange("alerts:raised")
    )
    ((_, fields),) = entries
    told = codec.envelope(fields)
    assert told.event == ALERT
    assert told.event_id == f"alert/web/exchange_failing/{ALERT.received_ns}"


async def test_an_alert_is_posted_as_json(hook: Hook) -> None:
    await asyncio.to_thread(WebhookNotifier(hook.url).notify, ALERT)
    (body,) = hook.bodies
    assert body["name"] == "exchange_failing"
    assert "HTTP 502" in str(body["text"])


async def test_a_webhook_that_refuses_is_told_without_its_token(hook: Hook) -> None:
    hook.status = 403
    with pytest.raises(DependencyError) as caught:
        await asyncio.to_thread(WebhookNotifier(hook.url).notify, ALERT)
    assert "403" in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("url", [f"http://127.0.0.1:1/{TOKEN}", f"http://[{TOKEN}"])
def test_a_webhook_that_is_not_there_is_told_without_its_token(url: str) -> None:
    notifier = WebhookNotifier(url, timeout_secs=0.5)
    with pytest.raises(DependencyError) as caught:
        notifier.notify(ALERT)
    assert TOKEN not in f"{caught.value} {notifier!r}"
    assert caught.value.__suppress_context__


def test_whoever_raises_an_alert_waits_for_nobody_and_none_is_lost_silently() -> None:
    stuck, heard = Stuck(), Remembering()
    dispatch = AlertDispatch([stuck, heard])
    for _ in range(150):
        dispatch(ALERT)
    # One is being handed on; a hundred wait; the others are counted.
    assert 48 <= dispatch.dropped <= 50
    stuck.go.set()
    dispatch.drain()
    assert len(heard.heard) == 150 - dispatch.dropped
