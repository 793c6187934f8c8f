"""What a movement does to the perpetuals' account depends on its kind and its side."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import pytest

from threet.adapters.hyperliquid.money_history import (
    FUNDING,
    UPDATES,
    Followed,
    payment,
    update,
)
from threet.model.money import LedgerUpdate

MINE, OTHER = "0x" + "a1" * 20, "0x" + "b2" * 20


def told(
    delta: dict[str, object], *, dexes: Sequence[str] = (), **row: object
) -> LedgerUpdate:
    body = msgspec.json.encode([{"time": 1_790_000_000_000, "hash": "0x0"} | row])
    (one,) = UPDATES.decode(
        body[:-2] + b',"delta":' + msgspec.json.encode(delta) + b"}]"
    )
    return update(one, Followed(MINE, frozenset({"", *dexes})))


def between(kind: str, user: str, to: str, **more: object) -> dict[str, object]:
    return {"type": kind, "usdc": "10.5", "user": user, "destination": to} | more


def sent(user: str, to: str, **more: object) -> dict[str, object]:
    plain = {"sourceDex": "", "destinationDex": "", "token": "USDC", "amount": "7"}
    return (
        {"type": "send", "user": user, "destination": to, "fee": "0.1"} | plain | more
    )


@pytest.mark.parametrize(
    ("delta", "amount"),
    [
        ({"type": "deposit", "usdc": "100"}, "100"),
        ({"type": "withdraw", "usdc": "9.0", "fee": "1.0", "nonce": 1}, "-10"),
        (between("internalTransfer", MINE, OTHER, fee="1"), "-11.5"),
        (between("internalTransfer", OTHER, MINE, fee="1"), "10.5"),
        (between("internalTransfer", MINE, MINE, fee="0.0"), "0"),
        (between("subAccountTransfer", MINE.upper().replace("X", "x"), OTHER), "-10.5"),
        ({"type": "accountClassTransfer", "usdc": "5", "toPerp": True}, "5"),
        ({"type": "accountClassTransfer", "usdc": "5", "toPerp": False}, "-5"),
        (sent(MINE, OTHER), "-7.1"),
        (sent(OTHER, MINE), "7"),
        (sent(MINE, MINE, destinationDex="xyz"), "-7.1"),
        (sent(MINE, MINE, sourceDex="spot"), "7"),
        (sent(OTHER, MINE) | {"token": "HYPE"}, "0"),
        ({"type": "vaultDeposit", "vault": OTHER, "usdc": "3"}, "-3"),
        ({"type": "vaultDeposit", "vault": MINE, "usdc": "3"}, "3"),
        ({"type": "vaultCreate", "vault": OTHER, "usdc": "100", "fee": "2"}, "-102"),
        (
            {"type": "vaultWithdraw", "vault": OTHER, "netWithdrawnUsd": "4"},
            "4",
        ),
        ({"type": "liquidation", "accountValue": "3"}, "0"),
        ({"type": "liquidation", "takenByBackstop": "2.5"}, "-2.5"),
        ({"type": "spotTransfer", "token": "PURR", "amount": "9"}, "0"),
    ],
)
def test_an_update_has_the_sign_of_its_effect(
    delta: dict[str, object], amount: str
) -> None:
    assert told(delta).amount == Decimal(amount)


def test_f51_a_kind_nobody_knows_has_no_amount_and_is_kept_as_told() -> None:
    one = told({"type": "rewardsClaim", "amount": "5"})
    assert (one.kind, one.amount) == ("rewardsClaim", None)
    assert one.detail == '{"amount":"5","type":"rewardsClaim"}'


def test_movements_with_the_same_hash_are_told_apart() -> None:
    first = told({"type": "deposit", "usdc": "100"})
    assert told({"usdc": "100", "type": "deposit"}).key == first.key
    assert told({"type": "deposit", "usdc": "101"}).key != first.key
    assert (
        told({"type": "deposit", "usdc": "100"}, time=1_790_000_000_001).key
        != first.key
    )


@pytest.mark.parametrize("usdc", ["NaN", "1e400", "", 5, None])
def test_w6_what_is_no_amount_is_unknown_and_hides_no_other_row(usdc: object) -> None:
    assert told({"type": "deposit", "usdc": usdc}).amount is None


def test_a_funding_payment_has_the_sign_of_its_effect() -> None:
    row = {
        "time": 1_790_000_000_000,
        "hash": "0x0",
        "delta": {
            "type": "funding",
            "coin": "kPEPE",
            "usdc": "-0.31",
            "szi": "-12.0",
            "fundingRate": "0.0000125",
            "nSamples": None,
        },
    }
    (one,) = FUNDING.decode(msgspec.json.encode([row]))
    paid = payment(one)
    assert (paid.symbol, paid.amount, paid.quantity, paid.rate) == (
        "kPEPE",
        Decimal("-0.31"),
        Decimal(-12),
        Decimal("0.0000125"),
    )


@pytest.mark.parametrize(
    ("delta", "amount"),
    [
        # The sender's fee leaves the account, whichever dex it is paid on.
        (sent(MINE, MINE, destinationDex="xyz"), "-0.1"),
        (sent(MINE, MINE, sourceDex="xyz", fee="0.0"), "0"),
        (sent(MINE, MINE, sourceDex="xyz", destinationDex="flx"), "-7.1"),
        (sent(OTHER, MINE, sourceDex="flx", destinationDex="xyz"), "7"),
        (sent(MINE, OTHER, sourceDex="xyz", destinationDex="xyz"), "-7.1"),
        (sent(MINE, MINE, sourceDex="spot", destinationDex="xyz"), "7"),
        (sent(MINE, MINE, sourceDex="spot", destinationDex="flx"), "0"),
    ],
)
def test_what_moves_between_dexes_that_are_followed_stays_with_the_account(
    delta: dict[str, object], amount: str
) -> None:
    assert told(delta, dexes=("xyz",)).amount == Decimal(amount)
