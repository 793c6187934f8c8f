"""The newest price of each symbol and kind; a late frame never wins."""

from collections.abc import Iterable

from threet.model.events import PricesUpdated
from threet.model.prices import Missing, NewestPrice, PriceKey, PriceKind
from threet.model.products import dex_of


class NewestPrices:
    def __init__(self, known: Iterable[NewestPrice] = ()) -> None:
        self._prices = {(price.symbol, price.kind): price for price in known}
        self._mids_confirmed_ns: dict[str, int] = {}  # by dex

    def apply(self, updated: PricesUpdated) -> None:
        for change in updated.changes:
            key = (change.symbol, change.kind)
            if not self._is_late(key, updated):
                self._prices[key] = NewestPrice(
                    symbol=change.symbol,
                    kind=change.kind,
                    price=change.price,
                    received_ns=updated.received_ns,
                    event_ms=updated.event_ms,
                )
        for key in updated.confirmed:
            self._confirm(key, updated)
        for key in updated.vanished:
            if not self._is_late(key, updated):
                self._prices.pop(key, None)
        if updated.confirms_mids:
            before_ns = self._mids_confirmed_ns.get(updated.dex, 0)
            newest_ns = max(before_ns, updated.received_ns)
            self._mids_confirmed_ns[updated.dex] = newest_ns

    def find(self, symbol: str, kind: PriceKind) -> NewestPrice | Missing:
        price = self._prices.get((symbol, kind))
        if price is None:
            return Missing(symbol)
        return self._with_confirmation(price)

    def all(self) -> list[NewestPrice]:
        return [self._with_confirmation(price) for price in self._prices.values()]

    def _with_confirmation(self, price: NewestPrice) -> NewestPrice:
        if price.kind is not PriceKind.MID:
            return price
        confirmed_ns = self._mids_confirmed_ns.get(dex_of(price.symbol), 0)
        is_older = price.received_ns < confirmed_ns
        return _received(price, confirmed_ns) if is_older else price

    def _confirm(self, key: PriceKey, updated: PricesUpdated) -> None:
        price = self._prices.get(key)
        if price is not None and not self._is_late(key, updated):
            self._prices[key] = _received(price, updated.received_ns)

    def _is_late(self, key: PriceKey, updated: PricesUpdated) -> bool:
        before = self._prices.get(key)
        if before is None:
            return False
        if before.event_ms is not None and updated.event_ms is not None:
            return updated.event_ms < before.event_ms
        return updated.received_ns < before.received_ns


def _received(price: NewestPrice, received_ns: int) -> NewestPrice:
    return NewestPrice(
        symbol=price.symbol,
        kind=price.kind,
        price=price.price,
        received_ns=max(price.received_ns, received_ns),
        event_ms=price.event_ms,
    )
