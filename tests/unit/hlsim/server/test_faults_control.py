"""The control API: faults come and go while the exchange is served."""

from typing import Any

import aiohttp
import msgspec
import pytest

from hlsim.core import rules
from hlsim.faults.armed import Armed
from hlsim.faults.kinds import Maintenance, Plan, RefuseRequest
from hlsim.server.running import running
from hlsim.server.settings import Settings
from tests.unit.hlsim.server.conftest import Desk, Open
from tests.unit.hlsim.server.trading import NOW, faulty, order, statuses

META = {"type": "meta"}


async def control(
    desk: Desk, method: str, path: str, body: object = None
) -> tuple[int, Any]:
    """Ask the control port; return the status and the decoded answer."""
    assert desk.server.control_url is not None
    url = desk.server.control_url + path
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, json=body) as answer,
    ):
        raw = await answer.read()
        return answer.status, msgspec.json.decode(raw) if raw else None


async def test_a_fault_is_added_strikes_and_is_lifted(open_desk: Open) -> None:
    desk = await faulty(open_desk)
    fault = {"kind": "refuse_request", "types": ["meta"]}
    status, row = await control(desk, "POST", "/faults", fault)
    assert (status, row["id"], row["fault"]) == (201, 1, fault)
    assert (await desk.post("/info", META))[0] == 429
    assert await control(desk, "DELETE", "/faults/1") == (204, None)
    assert (await desk.post("/info", META))[0] == 200
    assert (await control(desk, "DELETE", "/faults/1"))[0] == 404


async def test_all_faults_are_told_with_what_they_did(open_desk: Open) -> None:
    desk = await faulty(open_desk, RefuseRequest(nth=2), Maintenance(after_ms=99))
    for _ in range(3):
        await desk.post("/info", META)
    _, told = await control(desk, "GET", "/faults")
    assert told == {
        "now_ms": NOW,
        "skew_ms": 0,
        "seed": 7,
        "faults": [
            {
                "id": 1,
                "fault": {"kind": "refuse_request", "nth": 2},
                "opens_ms": NOW,
                "seen": 2,
                "struck": 1,
            },
            {
                "id": 2,
                "fault": {"kind": "maintenance", "after_ms": 99},
                "opens_ms": NOW + 99,
                "seen": 0,
                "struck": 0,
            },
        ],
        "counters": {"refuse_request": 1},
        "recent": [
            {
                "at_ms": NOW,
                "id": 1,
                "kind": "refuse_request",
                "about": "info meta by http",
                "failed": None,
            }
        ],
    }


async def test_all_faults_are_lifted_at_once(open_desk: Open) -> None:
    desk = await faulty(open_desk, RefuseRequest(), RefuseRequest(status=500))
    assert await control(desk, "DELETE", "/faults") == (204, None)
    assert (await control(desk, "GET", "/faults"))[1]["faults"] == []
    assert (await desk.post("/info", META))[0] == 200


async def test_an_event_that_is_added_happens_before_the_answer(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk)
    await control(desk, "POST", "/faults", {"kind": "post_only", "lasts_ms": 5000})
    (refused,) = await statuses(desk, order(1))
    assert refused["error"].startswith(rules.POST_ONLY_PHASE.text)
    await control(desk, "DELETE", "/faults/1")
    assert "resting" in (await statuses(desk, order(1)))[0]


async def test_what_waits_for_an_event_does_not_look_all_the_time(
    open_desk: Open,
) -> None:
    desk = await faulty(open_desk, Maintenance(after_ms=99_999))
    faults = desk.server.faults
    assert faults is not None
    looks = 0
    due = faults.injector.due

    def counted(now_ms: int) -> list[Armed]:
        nonlocal looks
        looks += 1
        return due(now_ms)

    await desk.ask(type="exchangeStatus")
    faults.injector.due = counted  # type: ignore[method-assign] # it counts and calls
    for _ in range(20):
        await desk.ask(type="exchangeStatus")
    assert looks == 0


async def test_an_event_that_is_added_happens_at_its_time(open_desk: Open) -> None:
    desk = await faulty(open_desk)
    fault = {"kind": "maintenance", "text": "soon", "after_ms": 700}
    await control(desk, "POST", "/faults", fault)
    assert (await desk.ask(type="exchangeStatus"))["specialStatuses"] is None
    desk.clock.advance(700)
    assert (await desk.ask(type="exchangeStatus"))["specialStatuses"] == "soon"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"kind": "explode"}, "fault.kind: 'explode' is none of"),
        ({"kind": "silence", "rate": 2}, "fault.rate: Expected"),
        ({"kind": "silence", "x": 1}, "fault: unknown key 'x'"),
        ([], "fault: must be a mapping"),
    ],
)
async def test_a_wrong_fault_is_refused_with_the_reason(
    open_desk: Open, body: object, error: str
) -> None:
    desk = await faulty(open_desk)
    status, told = await control(desk, "POST", "/faults", body)
    assert status == 422
    assert told["errors"][0].startswith(error)


async def test_the_clock_is_skewed_by_hand(open_desk: Open) -> None:
    desk = await faulty(open_desk)
    answer = await control(desk, "POST", "/clock", {"skew_ms": 1500})
    assert answer == (200, {"skew_ms": 1500})
    assert (await desk.ask(type="exchangeStatus"))["time"] == NOW + 1500
    assert (await control(desk, "POST", "/clock", {"skew": 1}))[0] == 422


async def test_a_clock_moved_by_hand_is_advanced(open_desk: Open) -> None:
    desk = await faulty(open_desk)
    answer = await control(desk, "POST", "/advance", {"ms": 250})
    assert answer == (200, {"now_ms": NOW + 250})
    assert (await control(desk, "POST", "/advance", {"ms": -1}))[0] == 422


async def test_a_clock_that_moves_by_itself_is_not() -> None:
    settings = Settings(symbols=3, history_days=0, control_port=0)
    async with running(settings) as server, aiohttp.ClientSession() as session:
        url = f"{server.control_url}/advance"
        async with session.post(url, json={"ms": 1}) as answer:
            assert answer.status == 409


async def test_a_page_in_a_browser_cannot_add_a_fault(open_desk: Open) -> None:
    desk = await faulty(open_desk)
    url = f"{desk.server.control_url}/faults"
    headers = {"content-type": "text/plain"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data='{"kind":"silence"}', headers=headers) as answer,
    ):
        assert answer.status == 415
    assert (await control(desk, "GET", "/faults"))[1]["faults"] == []


async def test_the_exchange_itself_has_no_control(open_desk: Open) -> None:
    desk = await faulty(open_desk)
    assert (await desk.post("/faults", {"kind": "silence"}))[0] == 404


async def test_without_a_port_there_is_no_control(open_desk: Open) -> None:
    plain = await open_desk()
    assert plain.server.control_url is None
    assert plain.server.faults is None
    planned = await open_desk(faults=Plan(faults=(RefuseRequest(),)))
    assert planned.server.control_url is None
    assert (await planned.post("/info", META))[0] == 429
