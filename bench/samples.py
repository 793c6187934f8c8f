"""Frames of every channel that the benches decode: built, valid, from a fixed seed."""

from random import Random  # a bench's own data, seeded

import msgspec

SYMBOLS = 230
TIME_MS = 1_767_225_600_000


def frames(kind: str, count: int = 300, seed: int = 7) -> list[bytes]:
    """``count`` frames of "allMids", "trades", "bbo", "l2Book" or "candle"."""
    make = {
        "allMids": _mids,
        "trades": _trades,
        "bbo": _bbo,
        "l2Book": _book,
        "candle": _candle,
    }[kind]
    random = Random(seed)
    return [
        msgspec.json.encode({"channel": kind, "data": make(random, number)})
        for number in range(count)
    ]


def _coin(number: int) -> str:
    return f"COIN{number % SYMBOLS}"


def _mids(random: Random, number: int) -> object:
    """As on the exchange: from one frame to the next a tenth of the prices moves."""
    moved = {random.randrange(SYMBOLS) for _ in range(SYMBOLS // 10)}
    steps = {coin: number if coin in moved else 0 for coin in range(SYMBOLS)}
    perps = {_coin(coin): f"{1000 + coin + steps[coin] / 10}" for coin in steps}
    spot = {f"@{index}": f"{index + 1}.5" for index in range(200)}
    return {"mids": {**perps, **spot}}


def _trades(random: Random, number: int) -> object:
    return [
        {
            "coin": _coin(number),
            "side": random.choice("AB"),
            "px": f"{random.randint(60000, 70000)}.5",
            "sz": f"{random.random():.5f}1",
            "time": TIME_MS + number,
            "hash": f"0x{random.getrandbits(256):064x}",
            "tid": number * 3 + leg,
            "users": [f"0x{random.getrandbits(160):040x}" for _ in range(2)],
        }
        for leg in range(3)
    ]


def _level(random: Random, price: float) -> object:
    return {"px": f"{price:.1f}", "sz": f"{random.random():.5f}1", "n": 3}


def _bbo(random: Random, number: int) -> object:
    price = random.randint(60000, 70000)
    sides = [_level(random, price), _level(random, price + 1)]
    return {"coin": _coin(number), "time": TIME_MS + number, "bbo": sides}


def _book(random: Random, number: int) -> object:
    price = random.randint(60000, 70000)
    bids = [_level(random, price - step) for step in range(20)]
    asks = [_level(random, price + 1 + step) for step in range(20)]
    return {"coin": _coin(number), "time": TIME_MS + number, "levels": [bids, asks]}


def _candle(random: Random, number: int) -> object:
    prices = {"o": "64000.0", "h": "70000.0", "l": "60000.0"}
    return {
        **prices,
        "t": TIME_MS,
        "T": TIME_MS + 59_999,
        "s": _coin(number),
        "i": "1m",
        "c": f"{random.randint(60000, 70000)}.5",
        "v": f"{random.random() * 100:.4f}",
        "n": number,
    }
