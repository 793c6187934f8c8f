"""The way to the exchange and back: the very bytes, and what becomes of them on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlsplit

import msgspec
import urllib3

from hlsim.virtual import VirtualExchange
from tests.sim.faults import Episode, Kind, Weather
from tests.sim.kernel import Kernel
from threet.adapters.hyperliquid.posting import Posting

_OK = 200
# What F10 saw of orders that had landed.
_UNTRUTH = b'{"status":"err","response":"Internal error, please try again"}'
_REFUSAL = b'{"status":"ok","response":{"type":"%s","data":{"statuses":[%s]}}}'
_ERROR = b'{"error":"Order could not be matched, said the simulation"}'


@dataclass(slots=True)
class Sent:
    """An action as it left, by true time; ``answers`` are those of its arrivals."""

    at_ms: int
    body: bytes
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    by_gateway: int = 0  # how many gateways there were before the one that sent it


@dataclass(slots=True)
class Lagging:
    """An exchange's server that is behind the others: what it says of an account is as
    of when it was last brought up to date."""

    exchange: VirtualExchange
    address: str
    _as_of_ms: int = 0
    _known: dict[str, bytes] = field(default_factory=dict)

    def refresh(self) -> None:
        self._as_of_ms = self.exchange.now_ms
        for kind in ("clearinghouseState", "frontendOpenOrders", "userFillsByTime"):
            question = {"type": kind, "user": self.address, "startTime": 0}
            _, body = self.exchange.post("/info", msgspec.json.encode(question))
            self._known[kind] = body

    def answer(self, body: bytes) -> tuple[int, bytes]:
        question: Mapping[str, Any] = msgspec.json.decode(body)
        known = self._known.get(question["type"])
        if question["type"] == "orderStatus":
            return self._order(body)
        if known is None:
            return self.exchange.post("/info", body)
        if question["type"] == "userFillsByTime":
            rows = msgspec.json.decode(known)
            since_ms = question["startTime"]
            known = msgspec.json.encode(
                [one for one in rows if one["time"] >= since_ms]
            )
        return _OK, known

    def _order(self, body: bytes) -> tuple[int, bytes]:
        """One that came since is not known yet."""
        status, answer = self.exchange.post("/info", body)
        order = msgspec.json.decode(answer).get("order")
        if order is not None and order["order"]["timestamp"] > self._as_of_ms:
            return _OK, b'{"status":"unknownOid"}'
        return status, answer


@dataclass(slots=True)
class Way:
    """``passing`` is told each step at which a process may be killed; by ``latest_ms``
    everything has arrived that ever will."""

    kernel: Kernel
    weather: Weather
    random: Random
    passing: Callable[[str], None]
    latest_ms: int
    lagging: "Lagging"
    sent: list[Sent] = field(default_factory=list)
    asked: int = 0

    def carry(self, path: str, body: bytes, patience_ms: int) -> tuple[int, bytes]:
        """Status and body; raises what urllib3 raises when there is none."""
        sent = Sent(self.kernel.now_ms, body) if path == "/exchange" else None
        if sent is None:
            self.asked += 1
        else:
            self.passing("before sending")
            self.sent.append(sent)
        self.kernel.pass_time(self.random.randint(2, 60))
        fault = self.weather.of_request(self.kernel.now_ms, is_action=sent is not None)
        answer = self._struck(fault, path, body, sent, patience_ms)
        self.kernel.pass_time(self.random.randint(2, 60))
        if sent is not None:
            self.passing("after sending")
        return answer

    def _struck(
        self,
        fault: Episode | None,
        path: str,
        body: bytes,
        sent: Sent | None,
        patience_ms: int,
    ) -> tuple[int, bytes]:
        match fault.kind if fault else None:
            case Kind.LOST_REQUEST:
                raise self._no_answer(patience_ms)
            case Kind.LATE:
                assert fault is not None
                at_ms = min(self.kernel.now_ms + fault.amount, self.latest_ms)
                self.kernel.at(at_ms, lambda: self._land(path, body, sent))
                raise self._no_answer(patience_ms)
            case Kind.SERVER_ERROR:
                return 502, b"Bad Gateway"
            case Kind.RATE_LIMIT:
                return 429, b"Too Many Requests"
            case Kind.ERROR_IN_OK:
                return _OK, _refusal(body)
            case Kind.TWICE:
                self._land(path, body, sent)
                self.kernel.pass_time(self.random.randint(1, 500))
        answer = self._land(path, body, sent)
        return self._spoiled(fault, answer, patience_ms)

    def _spoiled(
        self, fault: Episode | None, answer: tuple[int, bytes], patience_ms: int
    ) -> tuple[int, bytes]:
        match fault.kind if fault else None:
            case Kind.LOST_ANSWER:
                raise self._no_answer(patience_ms)
            case Kind.ANSWER_502:
                return self.random.choice((502, 504)), b"upstream"
            case Kind.GARBAGE:
                cut = self.random.randrange(len(answer[1]))
                return _OK, answer[1][:cut]
            case Kind.ERROR_OF_DONE:
                return _OK, _UNTRUTH
        return answer

    def _land(self, path: str, body: bytes, sent: Sent | None) -> tuple[int, bytes]:
        if sent is None and self.weather.holding(Kind.LAGGING, self.kernel.now_ms):
            self.weather.note(Kind.LAGGING)
            return self.lagging.answer(body)
        answer = self.kernel.exchange.post(path, body)
        if sent is not None:
            sent.answers.append((self.kernel.now_ms, answer[1]))
        return answer

    def _no_answer(self, patience_ms: int) -> Exception:
        if self.random.random() < 0.3:
            return urllib3.exceptions.ProtocolError("the connection was reset")
        self.kernel.pass_time(patience_ms)
        pool = urllib3.HTTPConnectionPool("simulated")
        return urllib3.exceptions.ReadTimeoutError(pool, "/", "no answer")


def _refusal(body: bytes) -> bytes:
    """Of each order or cancel, as `outcomes` reads it."""
    action: Mapping[str, Any] = msgspec.json.decode(body)["action"]
    legs = len(action.get("orders") or action.get("cancels") or [0])
    kind = b"cancel" if "cancels" in action else b"order"
    return _REFUSAL % (kind, b",".join([_ERROR] * legs))


@dataclass(slots=True)
class _Answer:
    """As much of urllib3's response as is looked at."""

    status: int
    _body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def read1(self, _most: int) -> bytes:
        body, self._body = self._body, b""
        return body

    def release_conn(self) -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class _Pool:
    way: Way
    patience_ms: int

    def request(self, _method: str, url: str, *, body: bytes, **_: object) -> _Answer:
        status, answer = self.way.carry(urlsplit(url).path, body, self.patience_ms)
        return _Answer(status, answer)

    def clear(self) -> None: ...


class WayPosting(Posting):
    """``Posting`` over the simulated way instead of sockets."""

    def __init__(self, way: Way, path: str, clock: Any, timeout_secs: float) -> None:
        self._way = way
        self._patience_ms = int(timeout_secs * 1000)
        super().__init__(
            url=f"http://simulated{path}", clock=clock, timeout_secs=timeout_secs
        )

    def _new_pool(self) -> Any:
        return _Pool(self._way, self._patience_ms)
