"""Actions of many shapes, drawn from a seeded stream."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hlsim.core.rng import draw, stream

T = TypeVar("T")
Action = dict[str, object]
TIFS = ("Alo", "Ioc", "Gtc", "FrontendMarket")


class Dice:
    """Draws, one after another."""

    def __init__(self, seed: int) -> None:
        self._base = stream(seed)
        self._next = 0

    def below(self, limit: int) -> int:
        self._next += 1
        return draw(self._base, self._next) % limit

    def either(self) -> bool:
        return self.below(2) == 1

    def of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def hex(self, digits: int) -> str:
        return "0x" + "".join(self.of("0123456789abcdef") for _ in range(digits))

    def number(self) -> str:
        return str(self.below(10 ** (1 + self.below(9))) / self.of((1, 10, 10**6)))

    def many(self, one: Callable[["Dice"], Action]) -> list[Action]:
        return [one(self) for _ in range(1 + self.below(3))]


def an_order(dice: Dice) -> Action:
    kind: Action = {"limit": {"tif": dice.of(TIFS)}}
    if dice.either():
        trigger = {
            "isMarket": dice.either(),
            "triggerPx": dice.number(),
            "tpsl": dice.of(("tp", "sl")),
        }
        kind = {"trigger": trigger}
    order: Action = {
        "a": dice.of((0, 7, 127, 128, 255, 256, 10_107, 110_003, 100_000_001)),
        "b": dice.either(),
        "p": dice.number(),
        "s": dice.number(),
        "r": dice.either(),
        "t": kind,
    }
    return {**order, "c": dice.hex(32)} if dice.either() else order


def an_oid(dice: Dice) -> object:
    return dice.hex(32) if dice.either() else dice.below(2**53)


def orders(dice: Dice) -> Action:
    grouping: object = dice.of(("na", "normalTpsl", "positionTpsl"))
    if dice.below(4) == 0:
        grouping = {"p": dice.below(10**6)}
    action = {"type": "order", "orders": dice.many(an_order), "grouping": grouping}
    if dice.either():
        action["builder"] = {"b": dice.hex(40), "f": dice.below(101)}
    return action


def cancel(dice: Dice) -> Action:
    def one(dice: Dice) -> Action:
        return {"a": dice.below(300), "o": dice.below(2**40)}

    return {"type": "cancel", "cancels": dice.many(one)}


def cancel_by_cloid(dice: Dice) -> Action:
    def one(dice: Dice) -> Action:
        return {"asset": dice.below(300), "cloid": dice.hex(32)}

    return {"type": "cancelByCloid", "cancels": dice.many(one)}


def modify(dice: Dice) -> Action:
    return {"type": "modify", "oid": an_oid(dice), "order": an_order(dice)}


def batch_modify(dice: Dice) -> Action:
    def one(dice: Dice) -> Action:
        return {"oid": an_oid(dice), "order": an_order(dice)}

    return {"type": "batchModify", "modifies": dice.many(one)}


def schedule_cancel(dice: Dice) -> Action:
    action: Action = {"type": "scheduleCancel"}
    return {**action, "time": dice.below(2**41)} if dice.either() else action


def update_leverage(dice: Dice) -> Action:
    return {
        "type": "updateLeverage",
        "asset": dice.below(300),
        "isCross": dice.either(),
        "leverage": 1 + dice.below(50),
    }


def update_isolated_margin(dice: Dice) -> Action:
    return {
        "type": "updateIsolatedMargin",
        "asset": dice.below(300),
        "isBuy": True,
        "ntli": dice.below(10**11) - 5 * 10**10,
    }


def twap_order(dice: Dice) -> Action:
    twap = {
        "a": dice.below(300),
        "b": dice.either(),
        "s": dice.number(),
        "r": dice.either(),
        "m": 5 + dice.below(1436),
        "t": dice.either(),
    }
    return {"type": "twapOrder", "twap": twap}


def twap_cancel(dice: Dice) -> Action:
    return {"type": "twapCancel", "a": dice.below(300), "t": dice.below(10**6)}


def sub_account_transfer(dice: Dice) -> Action:
    return {
        "type": "subAccountTransfer",
        "subAccountUser": dice.hex(40),
        "isDeposit": dice.either(),
        "usd": dice.below(10**12),
    }


def oddity(dice: Dice) -> Action:
    """Values that no action has today: null, fractions, lists in lists, any text."""
    return {
        "type": dice.of(("noop", "setReferrer", "createSubAccount")),
        "name": dice.of(("", "é", "日本", "x" * 40, "y" * 300)),
        "none": None,
        "nested": [[1, -1, -33, -(2**31)], [], {"deep": [{}]}],
        "big": 2**63 + dice.below(2**40),
        "fraction": dice.below(10**6) / 64,
    }


SHAPES = (
    orders, orders, orders, cancel, cancel_by_cloid, modify, batch_modify,
    schedule_cancel, update_leverage, update_isolated_margin, twap_order, twap_cancel,
    sub_account_transfer, oddity,
)  # fmt: skip


def an_action(dice: Dice) -> Action:
    """An L1 action of any shape."""
    return dice.of(SHAPES)(dice)
