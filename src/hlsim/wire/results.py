"""What /exchange answers: results of commands in the words of the wire (§3.1, §3.2)."""

from functools import singledispatch

from hlsim.core import commands as ask
from hlsim.core.numbers import decimal_string, ratio_string
from hlsim.core.orders import Filled, Outcome, Rejected, Resting, Waiting
from hlsim.core.refusal import Refused
from hlsim.core.universe import Universe

Answer = dict[str, object]
# An average of several prices may need more decimals than a price has.
_AVERAGE_DECIMALS = 8


def refused(text: str) -> Answer:
    """Write the refusal of a whole request."""
    return {"status": "err", "response": text}


def _ok(kind: str, data: object = None) -> Answer:
    response: Answer = {"type": kind}
    if data is not None:
        response["data"] = data
    return {"status": "ok", "response": response}


@singledispatch
def answer(result: object, command: ask.Command, universe: Universe) -> Answer:
    """Write the result of a command that left nothing to tell."""
    return _ok("default")


@answer.register
def _(result: Refused, command: ask.Command, universe: Universe) -> Answer:
    return refused(result.text)


@answer.register
def _(result: ask.Statuses, command: ask.Command, universe: Universe) -> Answer:
    if isinstance(command, ask.ModifyOrders) and command.is_single:
        first = result.outcomes[0]
        return refused(first.text) if isinstance(first, Rejected) else _ok("default")
    statuses = [outcome(one, universe) for one in result.outcomes]
    return _ok("order", {"statuses": statuses})


@answer.register
def _(result: ask.CancelResults, command: ask.Command, universe: Universe) -> Answer:
    statuses = [
        "success" if error is None else {"error": error} for error in result.errors
    ]
    return _ok("cancel", {"statuses": statuses})


@answer.register
def _(result: ask.TwapStarted, command: ask.Command, universe: Universe) -> Answer:
    return _ok("twapOrder", {"status": {"running": {"twapId": result.twap_id}}})


@answer.register
def _(result: ask.TwapFailed, command: ask.Command, universe: Universe) -> Answer:
    return _ok("twapOrder", {"status": {"error": result.text}})


@answer.register
def _(result: ask.TwapCanceled, command: ask.Command, universe: Universe) -> Answer:
    status: object = "success" if result.error is None else {"error": result.error}
    return _ok("twapCancel", {"status": status})


@answer.register
def _(
    result: ask.SubAccountCreated, command: ask.Command, universe: Universe
) -> Answer:
    return _ok("createSubAccount", result.address)


def outcome(one: Outcome, universe: Universe) -> object:
    """Write the outcome of one order."""
    match one:
        case Resting():
            return {"resting": _with_cloid({"oid": one.oid}, one.cloid)}
        case Filled():
            return {"filled": _filled(one, universe)}
        case Rejected():
            return {"error": one.text}
        case Waiting():
            return str(one)


def _filled(one: Filled, universe: Universe) -> Answer:
    instrument = universe[one.asset]
    # Units of a price for a lot: the quotient of cost and size.
    scale = 10**instrument.px_decimals
    average = ratio_string(one.cost, one.total_sz * scale, _AVERAGE_DECIMALS)
    written: Answer = {
        "totalSz": decimal_string(one.total_sz, instrument.sz_decimals),
        "avgPx": average,
        "oid": one.oid,
    }
    return _with_cloid(written, one.cloid)


def _with_cloid(written: Answer, cloid: str | None) -> Answer:
    if cloid is not None:
        written["cloid"] = cloid
    return written
