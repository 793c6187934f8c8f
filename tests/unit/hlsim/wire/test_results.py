"""What /exchange answers, in the words of the wire (§3.1, §3.2)."""

import pytest

from hlsim.core import commands as ask
from hlsim.core.orders import Filled, OrderRequest, Outcome, Rejected, Resting, Waiting
from hlsim.core.refusal import Refused
from hlsim.wire.results import answer, outcome
from tests.unit.hlsim.core.scripted_market import COIN, UNIVERSE

CLOID = "0x" + "ab" * 16
ONE = OrderRequest(asset=COIN, is_buy=True, px_e8=10**10, sz_e8=10**8)


@pytest.mark.parametrize(
    ("one", "written"),
    [
        (Resting(7, None), {"resting": {"oid": 7}}),
        (Resting(7, CLOID), {"resting": {"oid": 7, "cloid": CLOID}}),
        (Rejected("No."), {"error": "No."}),
        (Waiting.FOR_FILL, "waitingForFill"),
        (Waiting.FOR_TRIGGER, "waitingForTrigger"),
        (
            # 1 at 100 and 2 at 100.01: 300.02 for 3.
            Filled(COIN, 300, 300_020_000, 7, CLOID),
            {
                "filled": {
                    "totalSz": "3.0",
                    "avgPx": "100.00666667",
                    "oid": 7,
                    "cloid": CLOID,
                }
            },
        ),
    ],
)
def test_an_outcome_is_written_as_the_wire_does(one: Outcome, written: object) -> None:
    assert outcome(one, UNIVERSE) == written


def written(result: ask.Result, command: ask.Command) -> object:
    return answer(result, command, UNIVERSE)


def test_a_batch_is_answered_with_one_status_for_each_order() -> None:
    result = ask.Statuses([Resting(7, None), Rejected("No.")])
    assert written(result, ask.PlaceOrders(orders=[ONE, ONE])) == {
        "status": "ok",
        "response": {
            "type": "order",
            "data": {"statuses": [{"resting": {"oid": 7}}, {"error": "No."}]},
        },
    }


def test_a_single_modify_is_answered_without_statuses() -> None:
    single = ask.ModifyOrders(modifies=[(7, ONE)], is_single=True)
    done = ask.Statuses([Resting(8, None)])
    failed = ask.Statuses([Rejected("No.")])
    assert written(done, single) == {"status": "ok", "response": {"type": "default"}}
    assert written(failed, single) == {"status": "err", "response": "No."}


@pytest.mark.parametrize(
    ("result", "kind", "data"),
    [
        (
            ask.CancelResults([None, "No."]),
            "cancel",
            {"statuses": ["success", {"error": "No."}]},
        ),
        (
            ask.TwapStarted(3),
            "twapOrder",
            {"status": {"running": {"twapId": 3}}},
        ),
        (ask.TwapFailed("No."), "twapOrder", {"status": {"error": "No."}}),
        (ask.TwapCanceled(None), "twapCancel", {"status": "success"}),
        (ask.TwapCanceled("No."), "twapCancel", {"status": {"error": "No."}}),
        (ask.SubAccountCreated("0x1"), "createSubAccount", "0x1"),
    ],
)
def test_each_result_has_its_shape(result: ask.Result, kind: str, data: object) -> None:
    assert written(result, ask.Noop()) == {
        "status": "ok",
        "response": {"type": kind, "data": data},
    }


def test_a_refusal_is_of_the_whole_request() -> None:
    refusal = {"status": "err", "response": "No."}
    assert written(Refused("No."), ask.Noop()) == refusal
    done = {"status": "ok", "response": {"type": "default"}}
    assert written(ask.Done(), ask.Noop()) == done
