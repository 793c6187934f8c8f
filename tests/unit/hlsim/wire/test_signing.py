"""Recovered signers, against recorded vectors and the official SDK."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from hyperliquid.utils import signing as sdk

from hlsim.wire.eip712 import keccak256
from hlsim.wire.recovery import Signature, recover
from hlsim.wire.signature_errors import (
    ExpiryUnsupportedError,
    MalformedActionError,
    NonceMismatchError,
    SigningError,
    UnrecoverableSignatureError,
    WrongNetworkError,
)
from hlsim.wire.signing import (
    SOURCES,
    Envelope,
    candidates,
    connection_id,
    l1_digest,
)
from hlsim.wire.user_signed import USER_SIGNED
from tests.random_actions import Action, Dice, an_action

VECTORS = Path(__file__).parents[3] / "data" / "signing_vectors.json"
RECORDED = json.loads(VECTORS.read_text())
NONCE = 1_790_000_000_000
# Keys of nobody, for these tests only.
WALLETS = [Account.from_key(keccak256(bytes((number,)))) for number in range(8)]
WALLET: LocalAccount = WALLETS[0]
ADDRESS = WALLET.address.lower()
SOURCE = {"mainnet": "a", "testnet": "b"}


def envelope(body: Mapping[str, object]) -> Envelope:
    """What the server reads of a client's JSON."""
    return msgspec.json.decode(json.dumps(body), type=Envelope)


def signed_l1(
    action: object,
    *,
    vault: str | None = None,
    expires: int | None = None,
    is_mainnet: bool = False,
    wallet: LocalAccount = WALLET,
) -> dict[str, Any]:
    """The SDK's body of /exchange."""
    signature = sdk.sign_l1_action(wallet, action, vault, NONCE, expires, is_mainnet)
    return {
        "action": action,
        "nonce": NONCE,
        "signature": signature,
        "vaultAddress": vault,
        "expiresAfter": expires,
    }


@pytest.mark.parametrize("vector", RECORDED["l1"], ids=lambda one: one["name"])
def test_l1_vectors_recover_their_address(vector: dict[str, Any]) -> None:
    received = envelope(
        {
            "action": vector["action"],
            "nonce": vector["nonce"],
            "signature": vector["signature"],
            "vaultAddress": vector["vaultAddress"],
            "expiresAfter": vector["expiresAfter"],
        }
    )
    packed = msgspec.msgpack.encode(received.action)
    assert packed.hex() == vector["msgpack_hex"]
    bound = connection_id(
        received.action, received.nonce, received.vault, received.expires_after
    )
    assert "0x" + bound.hex() == vector["connectionId"]
    (found,) = candidates(received, [SOURCE[vector["network"]]])  # type: ignore[list-item]  # a key of the file
    assert found == vector["address"].lower()


@pytest.mark.parametrize("vector", RECORDED["user_signed"], ids=lambda one: one["name"])
def test_user_signed_vectors_recover_their_address(vector: dict[str, Any]) -> None:
    received = envelope(
        {
            "action": {"type": vector["name"], **vector["message"]},
            "nonce": vector["message"]["time"],
            "signature": vector["signature"],
        }
    )
    assert list(candidates(received)) == [RECORDED["l1"][0]["address"].lower()]


def body_as_clients_write_it(dice: Dice, body: dict[str, Any]) -> dict[str, Any]:
    """The same request with what may be left out or written in another way."""
    vault = body["vaultAddress"]
    if vault is None and dice.either():
        del body["vaultAddress"]
    elif vault is not None:
        body["vaultAddress"] = dice.of((vault, vault[2:], "0x" + vault[2:].upper()))
    if body["expiresAfter"] is None and dice.either():
        del body["expiresAfter"]
    signature = body["signature"]
    if dice.either():
        body["signature"] = {
            "r": "0x" + signature["r"][2:].zfill(64),
            "s": signature["s"][2:].zfill(64),
            "v": signature["v"] - 27,
        }
    return body


def test_a_thousand_actions_signed_by_the_sdk_recover_its_address() -> None:
    dice = Dice(3)
    for _ in range(1_000):
        wallet = dice.of(WALLETS)
        is_mainnet = dice.either()
        body = signed_l1(
            an_action(dice),
            vault=dice.hex(40) if dice.below(3) == 0 else None,
            expires=NONCE + dice.below(10**9) if dice.below(3) == 0 else None,
            is_mainnet=is_mainnet,
            wallet=wallet,
        )
        received = envelope(body_as_clients_write_it(dice, body))
        found = list(candidates(received))
        assert (
            found[SOURCES.index("a" if is_mainnet else "b")] == wallet.address.lower()
        ), body
        assert found[0] != found[1]


def altered(dice: Dice, body: Mapping[str, object]) -> Iterator[Envelope]:
    """The request with one character of it exchanged, as far as it can be read."""
    text = json.dumps(body)
    for _ in range(20):
        at = dice.below(len(text))
        changed = text[:at] + dice.of('0123456789abcdefxyz"') + text[at + 1 :]
        try:
            received = msgspec.json.decode(changed, type=Envelope)
        except msgspec.DecodeError:
            continue
        yield received


def test_one_character_changed_recovers_another_address() -> None:
    dice, seen = Dice(4), 0
    for _ in range(60):
        vault = dice.hex(40)
        body = signed_l1(an_action(dice), vault=vault, expires=NONCE + 1)
        original = envelope(body)
        for received in altered(dice, body):
            if received == original:
                continue
            try:
                found = list(candidates(received, ("b",)))
            except SigningError:
                continue
            assert found != [ADDRESS], received
            seen += 1
    assert seen > 200


def test_the_order_of_keys_is_part_of_what_was_signed() -> None:
    body = signed_l1({"type": "cancel", "cancels": [{"a": 1, "o": 2}]})
    body["action"] = {"cancels": [{"a": 1, "o": 2}], "type": "cancel"}
    assert ADDRESS not in candidates(envelope(body))


def test_whole_numbers_with_a_point_are_other_bytes() -> None:
    body = signed_l1({"type": "dummy", "num": 1})
    body["action"]["num"] = 1.0
    assert ADDRESS not in candidates(envelope(body))


def test_the_digest_of_a_network_is_what_was_signed_there() -> None:
    action = {"type": "noop"}
    signature = envelope(signed_l1(action, is_mainnet=True)).signature
    mainnet = l1_digest(action, NONCE, None, None, "a")
    testnet = l1_digest(action, NONCE, None, None, "b")
    assert recover(mainnet, signature) == ADDRESS
    assert recover(testnet, signature) != ADDRESS


def test_only_accepted_sources_are_tried() -> None:
    received = envelope(signed_l1({"type": "noop"}, is_mainnet=True))
    assert list(candidates(received, ("a",))) == [ADDRESS]
    assert ADDRESS not in candidates(received, ("b",))
    assert list(candidates(received, ())) == []


def test_a_second_candidate_is_recovered_only_when_asked_for() -> None:
    asked: list[str] = []

    def sources() -> Iterator[Any]:
        for source in ("b", "a"):
            asked.append(source)
            yield source

    received = envelope(signed_l1({"type": "noop"}))
    assert next(candidates(received, sources())) == ADDRESS
    assert asked == ["b"]


USER = "0x" + "a1" * 20
USER_SIGNED_CASES: dict[str, tuple[Callable[..., Any], Action]] = {
    "approveAgent": (
        sdk.sign_agent,
        {"agentAddress": WALLETS[1].address, "agentName": "bot valid_until 1"},
    ),
    "approveBuilderFee": (
        sdk.sign_approve_builder_fee,
        {"maxFeeRate": "0.01%", "builder": USER},
    ),
    "convertToMultiSigUser": (
        sdk.sign_convert_to_multi_sig_user_action,
        {"signers": json.dumps({"authorizedUsers": [USER], "threshold": 1})},
    ),
    "sendAsset": (
        sdk.sign_send_asset_action,
        {
            "destination": USER,
            "sourceDex": "",
            "destinationDex": "spot",
            "token": "USDC",
            "amount": "1.5",
            "fromSubAccount": "",
        },
    ),
    "spotSend": (
        sdk.sign_spot_transfer_action,
        {"destination": USER, "token": "PURR:0xc4bf", "amount": "0.1"},
    ),
    "tokenDelegate": (
        sdk.sign_token_delegate_action,
        {"validator": USER, "wei": 2**63, "isUndelegate": False},
    ),
    "usdClassTransfer": (
        sdk.sign_usd_class_transfer_action,
        {"amount": "10 subaccount:" + USER, "toPerp": True},
    ),
    "usdSend": (
        sdk.sign_usd_transfer_action,
        {"destination": USER, "amount": "1"},
    ),
    "userDexAbstraction": (
        sdk.sign_user_dex_abstraction_action,
        {"user": USER, "enabled": True},
    ),
    "userSetAbstraction": (
        sdk.sign_user_set_abstraction_action,
        {"user": USER, "abstraction": "unifiedAccount"},
    ),
    "withdraw3": (
        sdk.sign_withdraw_from_bridge_action,
        {"destination": USER, "amount": "12.34"},
    ),
}


def signed_by_user(kind: str, *, is_mainnet: bool = False) -> dict[str, Any]:
    """The SDK's body of /exchange; it writes the chain into the action."""
    sign, fields = USER_SIGNED_CASES[kind]
    action = {"type": kind, **fields, USER_SIGNED[kind].nonce_field: NONCE}
    signature = sign(WALLET, action, is_mainnet)
    return {"action": action, "nonce": NONCE, "signature": signature}


def test_every_user_signed_action_of_the_sdk_is_tested() -> None:
    own = {"cDeposit", "cWithdraw", "linkStakingUser"}  # not in the SDK
    assert USER_SIGNED.keys() - own == USER_SIGNED_CASES.keys()


@pytest.mark.parametrize("kind", USER_SIGNED_CASES)
@pytest.mark.parametrize("is_mainnet", [True, False])
def test_user_signed_actions_of_the_sdk_recover_its_address(
    kind: str, is_mainnet: bool
) -> None:
    received = envelope(signed_by_user(kind, is_mainnet=is_mainnet))
    assert received.is_user_signed
    assert list(candidates(received)) == [ADDRESS]


@pytest.mark.parametrize("kind", USER_SIGNED_CASES)
def test_every_field_of_a_user_signed_action_is_signed(kind: str) -> None:
    for name in USER_SIGNED_CASES[kind][1]:
        body = signed_by_user(kind)
        value = body["action"][name]
        other = not value if isinstance(value, bool) else value
        if isinstance(value, str):
            other = value[:-1] + ("0" if value[-1:] != "0" else "1")
        elif not isinstance(value, bool):
            other = value + 1
        body["action"][name] = other
        assert list(candidates(envelope(body))) != [ADDRESS], name


@pytest.mark.parametrize("left_out", [True, False])
def test_an_unnamed_agent_is_signed_with_an_empty_name(left_out: bool) -> None:
    action = {"type": "approveAgent", "agentAddress": USER, "agentName": ""}
    action["nonce"] = NONCE  # type: ignore[assignment]  # as the SDK does
    signature = sdk.sign_agent(WALLET, action, False)
    if left_out:
        del action["agentName"]
    else:
        action["agentName"] = None  # type: ignore[assignment]  # as JSON's null
    body = {"action": action, "nonce": NONCE, "signature": signature}
    assert list(candidates(envelope(body))) == [ADDRESS]


def test_a_wallet_may_sign_on_any_chain() -> None:
    body = signed_by_user("usdSend")
    payload = sdk.user_signed_payload(
        "HyperliquidTransaction:UsdSend",
        sdk.USD_SEND_SIGN_TYPES,
        body["action"] | {"signatureChainId": "0xa4b1"},
    )
    body["action"]["signatureChainId"] = "0xa4b1"
    body["signature"] = sdk.sign_inner(WALLET, payload)
    assert list(candidates(envelope(body))) == [ADDRESS]


@pytest.mark.parametrize("kind", ["usdSend", "usdClassTransfer"])
def test_the_nonce_inside_must_be_the_one_outside(kind: str) -> None:
    body = signed_by_user(kind)
    body["nonce"] += 1
    with pytest.raises(NonceMismatchError, match=r"^Nonce mismatch\.$"):
        next(candidates(envelope(body)))


def test_a_user_signed_action_is_for_one_network() -> None:
    body = signed_by_user("usdSend", is_mainnet=True)
    assert list(candidates(envelope(body), ("a",))) == [ADDRESS]
    text = r"^Mainnet and testnet require different signature\.$"
    with pytest.raises(WrongNetworkError, match=text):
        next(candidates(envelope(body), ("b",)))


def test_a_user_signed_action_has_no_expiry() -> None:
    body = signed_by_user("usdSend") | {"expiresAfter": NONCE}
    with pytest.raises(ExpiryUnsupportedError, match="expires_after"):
        next(candidates(envelope(body)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 1),
        ("amount", None),
        ("hyperliquidChain", "Devnet"),
        ("signatureChainId", "Arbitrum"),
        ("signatureChainId", "-0x1"),
        ("signatureChainId", "0x1" + "0" * 64),
        ("signatureChainId", None),
    ],
)
def test_a_malformed_user_signed_action_has_no_signer(
    field: str, value: object
) -> None:
    body = signed_by_user("usdSend")
    body["action"][field] = value
    with pytest.raises(MalformedActionError):
        next(candidates(envelope(body)))


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("approveAgent", "agentAddress", "0x12"),
        ("approveAgent", "agentAddress", 1),
        ("approveAgent", "agentName", 0),
        ("tokenDelegate", "wei", "1"),
        ("tokenDelegate", "wei", True),
        ("tokenDelegate", "wei", -1),
        ("tokenDelegate", "wei", 2**64),
        ("usdClassTransfer", "toPerp", 1),
    ],
)
def test_a_field_of_another_type_cannot_have_been_signed(
    kind: str, field: str, value: object
) -> None:
    body = signed_by_user(kind)
    body["action"][field] = value
    with pytest.raises(MalformedActionError, match=field):
        next(candidates(envelope(body)))


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1])
def test_numbers_that_cannot_be_packed_are_malformed(value: int) -> None:
    with pytest.raises(MalformedActionError):
        l1_digest({"type": "dummy", "num": value}, NONCE, None, None, "a")


def test_an_action_nested_too_deep_is_malformed() -> None:
    action: object = {}
    for _ in range(100_000):
        action = [action]
    with pytest.raises(MalformedActionError):
        l1_digest(action, NONCE, None, None, "a")


ORDER_OF_THE_CURVE = (
    0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
)


@pytest.mark.parametrize(
    ("r", "s", "v"),
    [
        ("0x0", "0x1", 27),
        ("0x1", "0x0", 27),
        (hex(ORDER_OF_THE_CURVE), "0x1", 27),
        ("0x1", hex(ORDER_OF_THE_CURVE), 27),
        ("0x5", "0x1", 27),  # no point of the curve has this x
        ("0x1", "0x1", 2),
        ("0x2", "0x1", 2),  # a key made it, but with a parity that no wallet writes
        ("0x2", "0x1", 30),
        ("0x1", "0x1", 26),
        ("0x1", "0x1", 29),
        ("0x1", "0x1", -1),
        ("0x1" + "0" * 64, "0x1", 27),
        ("zz", "0x1", 27),
        ("", "0x1", 27),
    ],
)
def test_a_signature_of_no_key_is_unrecoverable(r: str, s: str, v: int) -> None:
    with pytest.raises(
        UnrecoverableSignatureError, match=r"^Unable to recover signer\.$"
    ):
        recover(bytes(32), Signature(r=r, s=s, v=v))


def test_a_short_signature_is_padded() -> None:
    digest = keccak256(b"")
    short = recover(digest, Signature(r="0x1", s="1", v=0))
    assert short == recover(digest, Signature(r="0x" + "1".zfill(64), s="0x01", v=27))


@pytest.mark.parametrize(
    "change",
    [
        {"action": []},
        {"nonce": -1},
        {"nonce": "1"},
        {"nonce": 2**63},
        {"vaultAddress": "0x12"},
        {"expiresAfter": -1},
        {"signature": {"r": "0xg", "s": "0x1", "v": 27}},
        {"signature": {"r": "0x" + "0" * 65, "s": "0x1", "v": 27}},
        {"signature": None},
    ],
)
def test_an_envelope_that_does_not_fit_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        envelope(signed_l1({"type": "noop"}) | change)


@pytest.mark.parametrize("written", ["0x" + "AB" * 20, "ab" * 20, "0x" + "ab" * 20])
def test_a_vault_is_told_in_lower_case(written: str) -> None:
    body = signed_l1({"type": "noop"}) | {"vaultAddress": written}
    assert envelope(body).vault == "0x" + "ab" * 20


def test_an_action_without_a_type_is_no_user_signed_one() -> None:
    for action in ({}, {"type": 1}, {"type": None}):
        received = envelope(signed_l1(action))
        assert received.kind == ""
        assert not received.is_user_signed
        assert ADDRESS in candidates(received)
