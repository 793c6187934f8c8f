"""Signatures as the official SDK's, byte for byte, and a key that nobody sees."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from eth_account import Account
from hyperliquid.utils import signing as sdk

from tests.random_actions import Dice, an_action
from threet.adapters.hyperliquid.signing import Signer, connection_id

RECORDED = json.loads(
    (Path(__file__).parents[3] / "data" / "signing_vectors.json").read_text()
)
SOURCE = {"mainnet": "a", "testnet": "b"}
# A key of nobody, for this test only.
WALLET = Account.from_key(bytes([7]) * 32)
KEY = WALLET.key.hex()


@pytest.mark.parametrize("vector", RECORDED["l1"], ids=lambda one: one["name"])
def test_recorded_vectors_are_signed_to_the_byte(vector: dict[str, Any]) -> None:
    signer = Signer(vector["private_key"], SOURCE[vector["network"]])  # type: ignore[arg-type]
    assert signer.address == vector["address"].lower()
    vault, expires = vector["vaultAddress"], vector["expiresAfter"]
    hashed = connection_id(vector["action"], vector["nonce"], vault, expires)
    assert "0x" + hashed.hex() == vector["connectionId"]
    signed = signer.sign(
        vector["action"], vector["nonce"], vault=vault, expires_after_ms=expires
    )
    assert msgspec.to_builtins(signed) == vector["signature"]


def test_a_thousand_random_actions_are_signed_as_by_the_sdk() -> None:
    dice = Dice(11)
    for number in range(1_000):
        action = an_action(dice)
        vault = "0x" + bytes([number % 256]).hex() * 20 if number % 3 == 0 else None
        expires = 1_790_000_000_000 + number if number % 2 else None
        is_mainnet = number % 5 == 0
        signer = Signer(KEY, "a" if is_mainnet else "b")
        ours = signer.sign(action, number, vault=vault, expires_after_ms=expires)
        theirs = sdk.sign_l1_action(WALLET, action, vault, number, expires, is_mainnet)
        # The SDK leaves out leading zeros.
        assert int(ours.r, 16) == int(theirs["r"], 16)
        assert int(ours.s, 16) == int(theirs["s"], 16)
        assert ours.v == theirs["v"]


def test_f29_a_zero_at_the_end_of_a_number_is_another_signature() -> None:
    signer = Signer(KEY, "b")
    plain = signer.sign({"type": "order", "p": "100"}, 1)
    assert signer.sign({"type": "order", "p": "100.0"}, 1) != plain


@pytest.mark.parametrize(
    "text", ["", "0x", "0x12", "z" * 64, "0" * 64, "f" * 64, "0x" + "1" * 66]
)
def test_s2_f61_a_malformed_key_is_refused_and_never_echoed(text: str) -> None:
    with pytest.raises(ValueError, match="not a private key") as refused:
        Signer(text, "b")
    assert refused.value.__context__ is None
    assert not text or text not in str(refused.value)


def test_s3_a_signer_does_not_show_its_key() -> None:
    signer = Signer(KEY, "b")
    shown = f"{signer} {signer!r} {vars(type(signer)).keys()}"
    assert KEY.removeprefix("0x") not in shown
    assert signer.address in shown
