"""The actions that an account's own wallet signs as typed data, and their fields (§4).

`cDeposit`, `cWithdraw` and `linkStakingUser` are not in the official SDK: their fields
are those that other clients sign.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hlsim.wire.eip712 import StructType

CHAIN = ("hyperliquidChain", "string")
NONCE = ("nonce", "uint64")
TIME = ("time", "uint64")
USER = ("user", "address")
AMOUNT = ("amount", "string")
AGENT_NAME = ("agentName", "string")
DESTINATION = ("destination", "string")


@dataclass(frozen=True, slots=True)
class UserSigned:
    """How one action is signed: its structure, and which field repeats the nonce."""

    struct: StructType
    nonce_field: str

    def message(self, action: Mapping[str, object]) -> Mapping[str, object]:
        """Return what was signed of ``action``.

        An unnamed agent's name is signed as "" and may be absent or null (§4).
        """
        if AGENT_NAME in self.struct.fields and action.get(AGENT_NAME[0]) is None:
            return {**action, AGENT_NAME[0]: ""}
        return action


def _signed(name: str, *fields: tuple[str, str]) -> UserSigned:
    struct = StructType(f"HyperliquidTransaction:{name}", (CHAIN, *fields))
    return UserSigned(struct, fields[-1][0])


USER_SIGNED: Mapping[str, UserSigned] = {
    "approveAgent": _signed(
        "ApproveAgent", ("agentAddress", "address"), AGENT_NAME, NONCE
    ),
    "approveBuilderFee": _signed(
        "ApproveBuilderFee", ("maxFeeRate", "string"), ("builder", "address"), NONCE
    ),
    "cDeposit": _signed("CDeposit", ("wei", "uint64"), NONCE),
    "cWithdraw": _signed("CWithdraw", ("wei", "uint64"), NONCE),
    "convertToMultiSigUser": _signed(
        "ConvertToMultiSigUser", ("signers", "string"), NONCE
    ),
    "linkStakingUser": _signed("LinkStakingUser", USER, ("isFinalize", "bool"), NONCE),
    "sendAsset": _signed(
        "SendAsset",
        DESTINATION,
        ("sourceDex", "string"),
        ("destinationDex", "string"),
        ("token", "string"),
        AMOUNT,
        ("fromSubAccount", "string"),
        NONCE,
    ),
    "spotSend": _signed("SpotSend", DESTINATION, ("token", "string"), AMOUNT, TIME),
    "tokenDelegate": _signed(
        "TokenDelegate",
        ("validator", "address"),
        ("wei", "uint64"),
        ("isUndelegate", "bool"),
        NONCE,
    ),
    "usdClassTransfer": _signed("UsdClassTransfer", AMOUNT, ("toPerp", "bool"), NONCE),
    "usdSend": _signed("UsdSend", DESTINATION, AMOUNT, TIME),
    "userDexAbstraction": _signed(
        "UserDexAbstraction", USER, ("enabled", "bool"), NONCE
    ),
    "userSetAbstraction": _signed(
        "UserSetAbstraction", USER, ("abstraction", "string"), NONCE
    ),
    "withdraw3": _signed("Withdraw", DESTINATION, AMOUNT, TIME),
}
