"""Bodies that fit a type of the wire, or nearly: made from the msgspec types.

Drawn from a seeded stream, a hundred thousand a minute, so that a seed says it all.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from hlsim.wire.actions import WireOrderRequest
from tests.random_actions import Dice

Path = tuple[str | int, ...]

NOW_MS = 1_760_000_000_000
ADDRESSES = tuple("0x" + digit * 40 for digit in "123aF")
_CLOIDS = tuple("0x" + digit * 32 for digit in "5cD")
_TIMES = (0, 1, NOW_MS - 1, NOW_MS, NOW_MS + 6_000, NOW_MS + 10**9, 2**53, 2**62)
_AMOUNTS = (
    "1", "12.5", "100000", "0", "-1", "", "NaN", "sNaN", "Infinity", "-Infinity",
    "1e3", "1e400", "1E+999999999", "1e-400", "0.0000001", " 1", "1_0", "٣",
)  # fmt: skip
_PRICES = (
    "105000", "104000", "120000", "3950", "3951.5", "190", "2.5", "0.5", "100", "0",
    "0.00000001", "0.000000000000000001", "105000.123456", "999999999999999999",
)  # fmt: skip
_SIZES = (
    "0", "0.001", "0.01", "0.1", "1", "10", "1000", "0.00001", "0.000000001",
    "999999999999999999", "000000000000000001",
)  # fmt: skip
_LARGE = (0, 1, -1, 10**6, 5 * 10**8, -(10**8), 10**13, 2**63 - 1, -(2**63) + 1)
_ASSETS = (0, 1, 2, 3) * 5 + (4, 10_000, 10_107, 110_000, 100_000_001, 2**32 - 1)
_COINS = ("BTC", "ETH", "SOL", "xyz:TSLA", "PURR/USDC", "@1", "btc", "NOPE", "", "日本")
_DEXES = ("", "spot", "xyz", "nope", "XYZ")
_RATES = (
    "0.01%", "0%", "0.1%", "0.1", "%", "-1%", "NaN%", "sNaN%", "Infinity%",
    "1e999999%", "0.0000001%", "٣%",
)  # fmt: skip
_NAMES = (
    "", "bot", "other", "x" * 16, "x" * 400, "é", "bot valid_until 1760000100000",
    "bot valid_until -1", "bot valid_until NaN", " valid_until 1e9",
)  # fmt: skip

# Id, price and size decimals of the coins that are there.
MARKETS = ((0, 105_000, 5), (1, 3_950, 4), (2, 190, 2), (3, 2.55, 0), (110_000, 250, 2))

# What stands in a field of that name; else its type alone decides.
POOLS: Mapping[str, Sequence[Any]] = {
    "a": _ASSETS, "asset": _ASSETS, "coin": _COINS, "p": _PRICES, "s": _SIZES,
    "triggerPx": _PRICES, "c": _CLOIDS, "cloid": _CLOIDS, "amount": _AMOUNTS,
    "maxFeeRate": _RATES, "ntli": _LARGE, "usd": _LARGE, "startTime": _TIMES,
    "endTime": _TIMES, "time": _TIMES, "dex": _DEXES, "sourceDex": _DEXES,
    "destinationDex": _DEXES, "agentName": _NAMES, "name": _NAMES,
    "leverage": (-(2**70), -1, 0, 1, 3, 10, 20, 40, 41, 2**70),
    "m": (-1, 0, 4, 5, 30, 1440, 1441, 2**70), "f": (0, 1, 10, 100, 101, 2**53),
    "weight": (0, 1, 10_000, 2**53), "id": (-1, 0, 1, 20, 50, 56, 10**9, 2**70),
    "o": tuple(77_000_000_001 + n for n in range(8)), "t": tuple(range(4)),
    "oid": (*(77_000_000_001 + n for n in range(8)), *_CLOIDS, "0x", ""),
    "token": ("USDC", "USDC:0x6d1e7cde53ba9467b783cb7c530ce054", "PURR", ""),
    "abstraction": ("default", "disabled", "unifiedAccount", "nope"),
}  # fmt: skip

_TIFS = ("Gtc", "Ioc", "Alo", "FrontendMarket")
ODD: Sequence[Any] = (
    None, True, False, 0, -1, 2**31, 2**53, 2**63, 2**64, 10**400, -(10**30), 0.5, -0.0,
    1e308, float("nan"), float("inf"), "", "0", "-1", "NaN", "1e400", "0x",
    "0x" + "g" * 40, "\x00", "\ud800", "日本", "x" * 5000, [], {}, [[]], [None],
    {"": {}}, {"type": []}, [[[[[[[[[[1]]]]]]]]]],
)  # fmt: skip


def fitting(kind: msgspec.inspect.Type, dice: Dice, name: str = "") -> Any:
    """A value that fits ``kind``, in a field called ``name``."""
    value = dice.of(ODD)
    match kind:
        case msgspec.inspect.StructType():
            value = _struct(kind, dice)
        case msgspec.inspect.UnionType():
            value = fitting(dice.of(kind.types), dice, name)
        case msgspec.inspect.ListType():
            count = dice.of((0, 1, 1, 1, 1, 2, 3))
            value = [fitting(kind.item_type, dice) for _ in range(count)]
        case msgspec.inspect.LiteralType():
            value = dice.of(kind.values)
        case msgspec.inspect.BoolType():
            value = dice.either()
        case msgspec.inspect.NoneType():
            value = None
        case msgspec.inspect.IntType() | msgspec.inspect.StrType():
            value = _scalar(kind, dice, name)
    return value


def _scalar(
    kind: msgspec.inspect.IntType | msgspec.inspect.StrType, dice: Dice, name: str
) -> Any:
    is_text = isinstance(kind, msgspec.inspect.StrType)
    known = [one for one in POOLS.get(name, ()) if isinstance(one, str) == is_text]
    if known:
        return dice.of(known)
    if isinstance(kind, msgspec.inspect.IntType):
        least = -(2**40) if kind.ge is None else kind.ge
        return least + dice.below((2**40 if kind.le is None else kind.le) - least + 1)
    if kind.pattern and "{40}" in kind.pattern:
        return dice.of(ADDRESSES)
    return dice.of(_NAMES)


def _struct(kind: msgspec.inspect.StructType, dice: Dice) -> dict[str, Any]:
    if kind.cls is WireOrderRequest and dice.below(4):
        return sensible_order(dice)
    made = {} if kind.tag is None else {str(kind.tag_field): kind.tag}
    for field in kind.fields:
        if field.required or dice.below(3) == 0:
            made[field.encode_name] = fitting(field.type, dice, field.encode_name)
    return made


def sensible_order(dice: Dice) -> dict[str, Any]:
    """An order near the market, of which most are taken."""
    asset, px, decimals = dice.of(MARKETS)
    factor = dice.of((0.1, 0.7, 0.97, 0.999, 1, 1, 1.001, 1.03, 1.5))
    usd = dice.of((5, 11, 500, 500, 5_000, 5_000, 40_000, 3_000_000))
    order = {
        "a": asset,
        "b": dice.either(),
        "p": _price(px * factor),
        "s": f"{usd / px:.{decimals}f}",
        "r": dice.below(4) == 0,
        "t": _order_type(px, dice),
    }
    return {**order, "c": dice.of(_CLOIDS)} if dice.below(4) == 0 else order


def _order_type(px: float, dice: Dice) -> dict[str, Any]:
    if dice.below(3):
        return {"limit": {"tif": dice.of(_TIFS)}}
    near = _price(px * dice.of((0.99, 0.9995, 1, 1.0005, 1.01)))
    tpsl = dice.of(("tp", "sl"))
    return {"trigger": {"isMarket": dice.either(), "triggerPx": near, "tpsl": tpsl}}


def _price(px: float) -> str:
    return f"{Decimal(f'{px:.5g}'):f}"


def nearly(kind: msgspec.inspect.Type, dice: Dice) -> Any:
    """A value of ``kind``, in a third of all cases with one to three faults."""
    value = fitting(kind, dice)
    for _ in range(dice.of((0, 0, 0, 0, 0, 0, 1, 2, 3))):
        path = dice.of(list(paths(value)))
        deed = dice.of(("remove", "replace", "replace", "repeat"))
        value = changed(value, path, deed, dice.of(ODD))
    return value


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Every place in a value, itself included."""
    yield here
    if isinstance(value, dict):
        for key, one in value.items():
            yield from paths(one, (*here, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from paths(one, (*here, number))


def changed(value: Any, path: Path, deed: str, odd: Any) -> Any:
    """A copy of ``value`` in which something else stands at ``path``."""
    if not path:
        return [value] if deed == "repeat" else odd
    key, *rest = path
    if isinstance(value, dict):
        if deed == "remove" and not rest:
            return {name: one for name, one in value.items() if name != key}
        return {**value, key: changed(value[key], tuple(rest), deed, odd)}
    copy = list(value)
    if deed == "remove" and not rest:
        del copy[int(key)]
    else:
        copy[int(key)] = changed(copy[int(key)], tuple(rest), deed, odd)
    return copy
