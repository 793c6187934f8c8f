"""What the endpoints may say, whatever they are sent."""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from hlsim.server.posts import UNFIT

UNREADABLE = "Failed to parse the request body as JSON"


class Ok(msgspec.Struct, forbid_unknown_fields=True):
    """A business answer: what was done, and to which orders (§3.1, §3.2)."""

    status: Literal["ok"]
    response: "Response"


class Response(msgspec.Struct, forbid_unknown_fields=True):
    type: str
    data: dict[str, Any] | msgspec.UnsetType | str = msgspec.UNSET


class Refusal(msgspec.Struct, forbid_unknown_fields=True):
    """A whole request refused (§3.4)."""

    status: Literal["err"]
    response: str


@dataclass(frozen=True)
class Said:
    """What an endpoint said."""

    status: int
    body: bytes


def check_answer(said: Said) -> None:
    """The answer of /exchange is one of the documented ones."""
    if said.status == 400:
        assert said.body.decode() == UNREADABLE
    elif said.status == 422:
        assert said.body.decode() == UNFIT
    else:
        assert said.status == 200, said
        done = msgspec.json.decode(said.body)
        shape = Ok if done["status"] == "ok" else Refusal
        msgspec.convert(done, shape)


# The outermost form of each answer, where it is no list (§2).
OBJECTS = {
    "activeAssetData", "allMids", "clearinghouseState", "delegatorSummary",
    "exchangeStatus", "meta", "orderStatus", "referral", "spotClearinghouseState",
    "spotMeta", "userFees", "userRateLimit", "userRole", "webData2",
}  # fmt: skip
OBJECTS_OR_NULL = {
    "l2Book", "marginTable", "perpDexLimits", "perpDexStatus", "vaultDetails",
}  # fmt: skip
LISTS_OR_NULL = {"subAccounts", "userToMultiSigSigners"}
SCALARS = {
    "maxBuilderFee": int,
    "userAbstraction": str,
    "userDexAbstraction": bool | None,
}


def outer_form(kind: str) -> Any:
    """What an answer to a question of ``kind`` is to be converted to."""
    if kind in SCALARS:
        return SCALARS[kind]
    named = kind in OBJECTS or kind in OBJECTS_OR_NULL
    form: Any = dict[str, Any] if named else list[Any]
    return form | None if kind in OBJECTS_OR_NULL | LISTS_OR_NULL else form


def check_info(question: Any, said: Said) -> None:
    """The answer of /info is one of the documented ones."""
    if said.status == 500:
        assert said.body == b"null"
    elif said.status in (400, 422):
        assert said.body.decode() in (UNREADABLE, UNFIT)
    else:
        assert said.status == 200, said
        msgspec.json.decode(said.body, type=outer_form(question["type"]))
