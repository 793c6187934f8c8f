"""The control API: faults added, listed and lifted while the exchange is served."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from aiohttp import web

from hlsim.faults.armed import Armed
from hlsim.faults.reading import PlanError, read_fault
from hlsim.server.faulting import Faults
from hlsim.server.forms import JSON
from hlsim.server.manual_clock import ManualClock

_MOST_BODY_BYTES = 64 * 1024
T = TypeVar("T")


class Skew(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /clock."""

    skew_ms: int


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /advance."""

    ms: int

    def __post_init__(self) -> None:
        if self.ms < 0:
            raise ValueError("time does not go back")


class Control:
    """Answers of the control API."""

    def __init__(self, faults: Faults) -> None:
        """Control ``faults``."""
        self._faults = faults
        self._injector = faults.injector

    async def listed(self, request: web.Request) -> web.Response:
        """Return the plan, the counters and what was injected last."""
        now_ms = self._faults.clock.now_ms()
        return _json(
            {
                "now_ms": now_ms,
                "skew_ms": self._injector.skew_ms(now_ms),
                "seed": self._injector.seed,
                "faults": [_row(one) for one in self._injector.armed],
                "counters": dict(self._injector.counters),
                "recent": list(self._injector.recent),
            }
        )

    async def added(self, request: web.Request) -> web.Response:
        """Arm the fault in the body; its ``after_ms`` counts from now."""
        try:
            fault = read_fault(await _read(request, object), "fault")
        except PlanError as error:
            raise _unfit(error.problems) from error
        one = self._injector.add(fault, self._faults.clock.now_ms())
        self._faults.events.carry_out_due()
        return _json(_row(one), status=201)

    async def removed(self, request: web.Request) -> web.Response:
        """Lift one fault."""
        one = self._injector.remove(int(request.match_info["number"]))
        if one is None:
            return _json({"errors": ["there is no such fault"]}, status=404)
        self._faults.events.lift(one)
        return web.Response(status=204)

    async def cleared(self, request: web.Request) -> web.Response:
        """Lift all faults."""
        for one in self._injector.armed:
            self._injector.remove(one.number)
            self._faults.events.lift(one)
        return web.Response(status=204)

    async def skewed(self, request: web.Request) -> web.Response:
        """Set the skew of the exchange's clock, beside that of faults."""
        self._injector.skew_by_hand_ms = (await _read(request, Skew)).skew_ms
        return _json({"skew_ms": self._injector.skew_ms(self._faults.clock.now_ms())})

    async def advanced(self, request: web.Request) -> web.Response:
        """Move a clock that is moved by hand."""
        clock = self._faults.clock
        if not isinstance(clock, ManualClock):
            return _json({"errors": ["this clock moves by itself"]}, status=409)
        clock.advance((await _read(request, Step)).ms)
        return _json({"now_ms": clock.now_ms()})


def build_control(faults: Faults) -> web.Application:
    """Return the application of the control port."""
    control = Control(faults)
    app = web.Application(client_max_size=_MOST_BODY_BYTES)
    app.router.add_get("/faults", control.listed)
    app.router.add_post("/faults", control.added)
    app.router.add_delete("/faults", control.cleared)
    app.router.add_delete(r"/faults/{number:\d{1,18}}", control.removed)
    app.router.add_post("/clock", control.skewed)
    app.router.add_post("/advance", control.advanced)
    return app


def _row(one: Armed) -> Mapping[str, object]:
    """Return a fault as the plan has it, with its number and counters."""
    counters = {"opens_ms": one.opens_ms, "seen": one.seen, "struck": one.struck}
    return {"id": one.number, "fault": one.fault, **counters}


async def _read(request: web.Request, kind: type[T]) -> T:
    # A page in a browser cannot send JSON to another origin unasked.
    if request.content_type != JSON:
        raise web.HTTPUnsupportedMediaType(text=f"content-type must be {JSON}")
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _unfit([str(error)]) from error


def _unfit(problems: list[str]) -> web.HTTPException:
    text = msgspec.json.encode({"errors": problems}).decode()
    return web.HTTPUnprocessableEntity(text=text, content_type=JSON)


def _json(payload: object, status: int = 200) -> web.Response:
    body = msgspec.json.encode(payload)
    return web.Response(status=status, body=body, content_type=JSON)
