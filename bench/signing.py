"""From a decision to the bytes that go on the wire: the floor, the SDK, ccxt, and us.

    python bench/signing.py [--rounds 7] [--loose]

CPU time of one order. The floor signs a digest and does nothing else. All begin with an
order that is decided and end with the body to be sent, ours with the answer read; "all"
of ours begins earlier, with what is wanted, what is held and the book. They sign with
the same key.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from decimal import Decimal

import ccxt
import coincurve
import eth_account
import msgspec
from hyperliquid.utils.signing import (
    order_request_to_order_wire,
    order_wires_to_order_action,
    sign_l1_action,
)

from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.hyperliquid.trading import Account, HyperliquidOrderDesk
from threet.execution.reconciling import Book, Case, Manner, Place, next_actions
from threet.model.intents import prepared
from threet.model.orders import OrderSpec
from threet.ports.order_desk import Ticket

ORDERS = 300
TARGET_US = 50.0
KEY = "0x" + "01" * 32  # of nobody
NONCE = 1_767_225_600_000
CASE = Case(
    symbol="BTC",
    wanted=Decimal("0.05"),
    position=Decimal("0.02"),
    book=Book(bid=Decimal(104_990), ask=Decimal(105_010)),
    quantity_decimals=5,
)
MANNER = Manner()
ANSWER = (
    b'{"status":"ok","response":{"type":"order","data":{"statuses":'
    b'[{"resting":{"oid":77000000001}}]}}}'
)


class Wire:
    """Takes the request as the real one does, up to the socket."""

    def ask(
        self, name: str, request: Mapping[str, object], symbol: str | None = None
    ) -> bytes:
        del name, symbol
        msgspec.json.encode(request)
        return ANSWER


def ours(spec: OrderSpec | None = None) -> Callable[[], object]:
    """From ``spec``, or from what is wanted where none is decided yet."""
    wire = Wire()
    desk = HyperliquidOrderDesk(
        exchange=wire,  # type: ignore[arg-type]  # up to the socket it is one
        info=wire,  # type: ignore[arg-type]
        signer=Signer(KEY, "b"),
        account=Account(address="0x" + "1" * 40),
        asset_of=lambda _: 0,
        server_ms=lambda: 0,
    )

    def run() -> None:
        intent = prepared(
            "run/1/BTC/0", spec or decided(), nonce=NONCE, now_ms=NONCE, lives_ms=15_000
        )
        ticket = Ticket(
            spec=intent.spec,
            cloid=intent.cloid,
            nonce=intent.nonce,
            expires_ms=intent.expires_ms,
        )
        desk.place([ticket])

    return run


def decided() -> OrderSpec:
    (action,) = next_actions(CASE, MANNER)
    assert isinstance(action, Place)
    return action.spec


def sdk() -> Callable[[], object]:
    wallet = eth_account.Account.from_key(KEY)
    request = {
        "coin": "BTC",
        "is_buy": True,
        "sz": 0.03,
        "limit_px": 105525.0,
        "order_type": {"limit": {"tif": "Ioc"}},
        "reduce_only": False,
        "cloid": None,
    }

    def run() -> bytes:
        wire = order_request_to_order_wire(request, 0)
        action = order_wires_to_order_action([wire])
        expires_ms = NONCE + 15_000
        signature = sign_l1_action(wallet, action, None, NONCE, expires_ms, False)
        return msgspec.json.encode(
            {
                "action": action,
                "nonce": NONCE,
                "signature": signature,
                "vaultAddress": None,
                "expiresAfter": expires_ms,
            }
        )

    return run


def peer_ccxt() -> Callable[[], object]:
    exchange = ccxt.hyperliquid({"privateKey": KEY, "walletAddress": "0x" + "1" * 40})
    order = {
        "a": 0,
        "b": True,
        "p": "105525",
        "s": "0.03",
        "r": False,
        "t": {"limit": {"tif": "Ioc"}},
    }

    def run() -> bytes:
        action = {"type": "order", "orders": [order], "grouping": "na"}
        signature = exchange.sign_l1_action(action, NONCE)
        return msgspec.json.encode(
            {"action": action, "nonce": NONCE, "signature": signature}
        )

    return run


def floor() -> Callable[[], object]:
    key, digest = coincurve.PrivateKey(bytes.fromhex(KEY[2:])), b"\x07" * 32
    return lambda: key.sign_recoverable(digest, hasher=None)


def measured(run: Callable[[], object]) -> float:
    """Microseconds of CPU for one."""
    began = time.process_time_ns()
    for _ in range(ORDERS):
        run()
    return (time.process_time_ns() - began) / ORDERS / 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--loose", action="store_true", help="tell, and exit with 0")
    given = parser.parse_args()
    runs = {
        "floor": floor(),
        "3T": ours(decided()),
        "3T all": ours(),
        "SDK": sdk(),
        "ccxt": peer_ccxt(),
    }
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(given.rounds):
        for name, run in runs.items():
            found[name].append(measured(run))
    medians = {name: statistics.median(times) for name, times in found.items()}
    for name, median in medians.items():
        ratio = median / medians["floor"]
        print(f"{name:6} {median:8.1f} us an order, {ratio:6.1f}x the floor")
    is_met = medians["3T"] <= TARGET_US
    word = "met" if is_met else "MISSED"
    ratio = medians["SDK"] / medians["3T"]
    print(f"target {TARGET_US:.0f} us: {word}; the SDK takes {ratio:.1f}x as long")
    raise SystemExit(0 if is_met or given.loose else 1)


if __name__ == "__main__":
    main()
