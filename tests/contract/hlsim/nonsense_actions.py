"""An exchange for nonsense, and actions for it that are signed as well as can be."""

import json
from decimal import Decimal
from typing import Any

import msgspec
from coincurve import PrivateKey
from eth_account import Account as Wallet

from hlsim.core.commands import ApproveAgent, ApproveBuilderFee
from hlsim.core.exchange import Exchange
from hlsim.core.terms import Terms
from hlsim.server.settings import (
    BuilderDex,
    Deposit,
    DexCoin,
    Holding,
    Limits,
    Settings,
)
from hlsim.wire.actions import (
    AnyAction,
    CancelAction,
    CancelByCloidAction,
    ModifyAction,
    OrderAction,
    TwapOrderAction,
    UpdateIsolatedMarginAction,
)
from hlsim.wire.requests import InfoRequest
from hlsim.wire.signature_errors import MalformedActionError
from hlsim.wire.signing import l1_digest, user_signed_digest
from hlsim.wire.subscriptions import AnySubscription
from hlsim.wire.user_signed import USER_SIGNED
from tests.contract.hlsim.nonsense import ADDRESSES, nearly
from tests.random_actions import Dice

# Keys of nobody, fixtures for this simulator alone.
KEYS = [PrivateKey(bytes([number]) * 32) for number in (1, 2, 3, 4)]
TRADER, OTHER, AGENT, STRANGER = (
    Wallet.from_key(key.secret).address.lower() for key in KEYS
)
SETTINGS = Settings(
    symbols=4,
    history_days=0,
    block_ms=1_000,
    accounts=tuple(
        Deposit(address=one, funds=Decimal(100_000))
        for one in (TRADER, OTHER, ADDRESSES[0])
    ),
    holdings=(
        Holding(TRADER, "BTC", "0.5", "105000"),
        Holding(TRADER, "ETH", "-5", "3950", leverage=5, is_cross=False),
        Holding(OTHER, "BTC", "-15", "105000", leverage=40),
    ),
    dexes=(BuilderDex("xyz", (DexCoin("TSLA", Decimal(250), 2, 10),)),),
    limits=Limits(
        ip_weight=0, ws_connections=0, ws_messages=0, ws_users=0, ws_subscriptions=0
    ),
    terms=Terms(scheduled_cancel_volume=0, vaults={ADDRESSES[1]: TRADER}),
)
QUESTION = msgspec.inspect.type_info(InfoRequest)
TOPIC = msgspec.inspect.type_info(AnySubscription)
ANY = msgspec.inspect.type_info(AnyAction)
ORDER = msgspec.inspect.type_info(OrderAction)
# Orders and what becomes of them are most of what is done.
ACTIONS = (
    *[ORDER] * 4,
    msgspec.inspect.type_info(CancelAction | CancelByCloidAction | ModifyAction),
    msgspec.inspect.type_info(TwapOrderAction | UpdateIsolatedMarginAction),
    *[ANY] * 3,
)


def raw(value: object) -> bytes:
    """JSON as a careless client writes it: NaN, lone surrogates and all."""
    return json.dumps(value).encode()


def signed(
    action: Any, key: PrivateKey, nonce: int, *, vault: str | None = None
) -> bytes:
    """The body of /exchange for an action, well signed wherever it can be signed."""
    kind = action.get("type") if isinstance(action, dict) else None
    if isinstance(kind, str) and kind in USER_SIGNED:
        field = USER_SIGNED[kind].nonce_field
        chain = {"hyperliquidChain": "Testnet", "signatureChainId": "0x66eee"}
        action = {**chain, **action, field: nonce}
    body = {
        "action": action,
        "nonce": nonce,
        "signature": _signature(action, key, nonce, vault),
    }
    return raw(body if vault is None else {**body, "vaultAddress": vault})


def _signature(
    action: Any, key: PrivateKey, nonce: int, vault: str | None
) -> dict[str, Any]:
    try:
        if isinstance(action, dict) and action.get("type") in list(USER_SIGNED):
            digest = user_signed_digest(action)
        else:
            digest = l1_digest(action, nonce, vault, None, "b")
    except MalformedActionError:
        digest = b"\x01" * 32
    flat = key.sign_recoverable(digest, hasher=None)
    r, s = flat[:32].hex(), flat[32:64].hex()
    return {"r": "0x" + r, "s": "0x" + s, "v": 27 + flat[64]}


def approve(exchange: Exchange) -> None:
    now_ms = exchange.now_ms
    exchange.act(TRADER, ApproveAgent(address=AGENT, name="bot"), now_ms)
    for builder in ADDRESSES:
        wish = ApproveBuilderFee(builder=builder.lower(), tenths_bp=100)
        exchange.act(TRADER, wish, now_ms)


def check_conservation(exchange: Exchange) -> None:
    transfers = exchange.transfers
    cash = exchange.clearing.accounts.cash
    assert cash + transfers.all_spot == transfers.deposited


def an_action(dice: Dice, nonce: int) -> bytes:
    """A signed body, mostly of the trader's."""
    action = nearly(dice.of(ACTIONS), dice)
    key = KEYS[dice.of((0, 0, 0, 0, 1, 1, 2, 3))]
    vault = dice.of((*[None] * 20, *ADDRESSES[1:3]))
    return signed(action, key, nonce, vault=vault)
