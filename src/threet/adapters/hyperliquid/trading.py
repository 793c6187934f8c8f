"""Signed actions to /exchange, and the questions that tell what came of them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from threet.adapters.hyperliquid import answers, order_answers
from threet.adapters.hyperliquid.dexes import BuilderDexes, OfEach
from threet.adapters.hyperliquid.order_answers import plain
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.hyperliquid.signing import Signer
from threet.model.errors import ExchangeError, UnknownSymbolError
from threet.model.orders import Fill, OrderReport, OrderSpec, Side
from threet.ports.order_desk import (
    Burned,
    Found,
    Named,
    NotFound,
    NotSent,
    OrdersRead,
    Outcome,
    Ticket,
    Unknown,
)

Action = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """``address`` owns the orders; ``vault`` is the same for a sub-account or a vault,
    whose orders the signature names (F31), else None."""

    address: str
    vault: str | None = None


class HyperliquidOrderDesk:
    """Implements ``threet.ports.order_desk.OrderDesk``; safe in many threads.

    ``asset_of`` gives the exchange's number of a symbol, read from its catalogue now,
    never remembered from an older one (M1); it raises ``UnknownSymbolError``. What
    concerns such a symbol is ``NotSent``, and holds up nothing else (F44).
    """

    def __init__(
        self,
        *,
        exchange: Posting,
        info: Posting,
        signer: Signer,
        account: Account,
        asset_of: Callable[[str], int],
        server_ms: Callable[[], int],
        dexes: BuilderDexes | None = None,
    ) -> None:
        self._exchange = exchange
        self._info = info
        self._signer = signer
        self._account = account
        self._asset_of = asset_of
        self._server_ms = server_ms
        self._dexes = dexes

    def place(self, tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        symbols = [one.spec.symbol for one in tickets]
        assets = self._assets(symbols)
        orders = [
            _order(one, assets[one.spec.symbol])
            for one in tickets
            if one.spec.symbol in assets
        ]
        action: Action = {"type": "order", "orders": orders, "grouping": "na"}
        first = tickets[0]
        outcomes = self._acted(action, first.nonce, len(orders), first.expires_ms)
        return _each(symbols, assets, outcomes)

    def cancel(self, orders: Sequence[Named], nonce: int) -> Sequence[Outcome]:
        symbols = [symbol for symbol, _ in orders]
        assets = self._assets(symbols)
        cancels = [
            {"asset": assets[symbol], "cloid": cloid}
            for symbol, cloid in orders
            if symbol in assets
        ]
        action: Action = {"type": "cancelByCloid", "cancels": cancels}
        return _each(symbols, assets, self._acted(action, nonce, len(cancels)))

    def schedule_cancel(self, at_ms: int | None, nonce: int) -> Outcome:
        action: Action = {"type": "scheduleCancel"}
        return self._done(action if at_ms is None else {**action, "time": at_ms}, nonce)

    def set_leverage(
        self, symbol: str, leverage: int, nonce: int, *, is_cross: bool
    ) -> Outcome:
        assets = self._assets([symbol])
        if symbol not in assets:
            return _unlisted(symbol)
        action: Action = {
            "type": "updateLeverage",
            "asset": assets[symbol],
            "isCross": is_cross,
            "leverage": leverage,
        }
        return self._done(action, nonce)

    def burn(self, nonce: int) -> Burned | Unknown | NotSent:
        action: Action = {"type": "noop"}
        try:
            body = self._exchange.ask("noop", self._signed(action, nonce))
            return answers.read(
                "noop", body, order_answers.ANSWER, order_answers.burned
            )
        except ExchangeError as error:
            return Unknown(str(error), error)

    def look_up(self, cloid: str) -> Found | NotFound:
        # Before the question: what lands after it is not seen by it.
        asked_ms = self._server_ms()
        body = self._ask("orderStatus", oid=cloid)
        found = answers.read(
            "orderStatus",
            body,
            order_answers.ORDER_STATUS,
            lambda answer: order_answers.stated(answer, asked_ms),
        )
        return found if isinstance(found, NotFound) else Found(found)

    def open_orders(self) -> Sequence[OrderReport]:
        """Of all the dexes: each tells its own."""
        return _all(self._of_each().whole())

    def readable_orders(self) -> OrdersRead:
        seen = self._of_each()
        return OrdersRead(_all(seen.found), seen.reasons)

    def _of_each(self) -> OfEach[Sequence[OrderReport]]:
        if self._dexes is None:
            return OfEach([self._open_orders("")])
        return self._dexes.of_each(self._open_orders)

    def _open_orders(self, dex: str) -> Sequence[OrderReport]:
        where = {"dex": dex} if dex else {}
        body = self._ask("frontendOpenOrders", **where)
        return answers.read(
            "frontendOpenOrders",
            body,
            order_answers.ORDERS,
            lambda rows: [order_answers.report(row) for row in rows],
        )

    def fills(self, since_ms: int) -> Sequence[Fill]:
        body = self._ask("userFillsByTime", startTime=since_ms)
        found = answers.read(
            "userFillsByTime",
            body,
            order_answers.FILLS,
            lambda rows: [
                order_answers.fill(row, self._account.address) for row in rows
            ],
        )
        return sorted(found, key=lambda one: one.time_ms)

    def _done(self, action: Action, nonce: int) -> Outcome:
        name = str(action["type"])
        try:
            body = self._exchange.ask(name, self._signed(action, nonce))
            return answers.read(name, body, order_answers.ANSWER, order_answers.done)
        except ExchangeError as error:
            return Unknown(str(error), error)

    def _acted(
        self, action: Action, nonce: int, count: int, expires_ms: int | None = None
    ) -> Sequence[Outcome]:
        if not count:
            return []
        name = str(action["type"])
        try:
            body = self._exchange.ask(name, self._signed(action, nonce, expires_ms))
            return answers.read(
                name,
                body,
                order_answers.ANSWER,
                lambda answer: order_answers.outcomes(answer, count),
            )
        except ExchangeError as error:
            return [Unknown(str(error), error)] * count

    def _signed(
        self, action: Action, nonce: int, expires_ms: int | None = None
    ) -> Mapping[str, object]:
        vault = self._account.vault
        signature = self._signer.sign(
            action, nonce, vault=vault, expires_after_ms=expires_ms
        )
        return {
            "action": action,
            "nonce": nonce,
            "signature": signature,
            "vaultAddress": vault,
            "expiresAfter": expires_ms,
        }

    def _assets(self, symbols: Sequence[str]) -> Mapping[str, int]:
        """Of those that the exchange lists."""
        found: dict[str, int] = {}
        for symbol in symbols:
            with suppress(UnknownSymbolError):
                found[symbol] = self._asset_of(symbol)
        return found

    def _ask(self, question: str, **more: object) -> bytes:
        request = {"type": question, "user": self._account.address, **more}
        return self._info.ask(question, request)


def _all(orders: Sequence[Sequence[OrderReport]]) -> Sequence[OrderReport]:
    return [one for each in orders for one in each]


def _order(ticket: Ticket, asset: int) -> Action:
    """The keys in the order in which they are hashed (HYPERLIQUID.md 3.1)."""
    spec = ticket.spec
    return {
        "a": asset,
        "b": spec.side is Side.BUY,
        "p": plain(spec.limit_price),
        "s": plain(spec.quantity),
        "r": spec.reduce_only,
        "t": _kind(spec),
        "c": ticket.cloid,
    }


def _each(
    symbols: Sequence[str], assets: Mapping[str, int], outcomes: Sequence[Outcome]
) -> Sequence[Outcome]:
    """Those of what was sent, with those of what was left out at their places."""
    told = iter(outcomes)
    return [next(told) if one in assets else _unlisted(one) for one in symbols]


def _unlisted(symbol: str) -> NotSent:
    return NotSent(f"the exchange lists no {symbol}")


def _kind(spec: OrderSpec) -> Action:
    if spec.trigger is None:
        return {"limit": {"tif": spec.time_in_force.value}}
    trigger = {
        "isMarket": True,
        "triggerPx": plain(spec.trigger.price),
        "tpsl": spec.trigger.kind.value,
    }
    return {"trigger": trigger}
