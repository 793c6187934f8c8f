"""What is listed, by name: when to read the catalogue again, and what it changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from threet.model.events import Event, PricesUpdated
from threet.model.prices import PriceKind
from threet.model.products import Product, dex_of

_EVERY_SECS = 3600.0
# However much is sighted: a catalogue costs 20 of the exchange's weight.
_AT_MOST_EVERY_SECS = 30.0
# A builder dex that could not be read, or is not there, says nothing by itself.
_DEX_EVERY_SECS = 300.0


@dataclass(frozen=True, slots=True)
class Change:
    listed: Sequence[str]
    delisted: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.listed or self.delisted)


class Listings:
    """``now`` is monotonic seconds.

    A catalogue is read every hour, and when a mid price says that there is a symbol it
    does not have, or no longer one that it has. Names are kept as the exchange writes
    them ("kPEPE"), and never by their place in the catalogue: places shift.
    """

    def __init__(self, dexes: Sequence[str] = ()) -> None:
        """``dexes`` are the builder dexes that are read as well."""
        self._dexes = dexes
        self._known: dict[str, bool] = {}  # symbol -> whether it is listed
        self._strange: set[str] = set()
        self._read_at: float | None = None
        self._has_news = False

    @property
    def symbols(self) -> Sequence[str]:
        """Listed ones, in the order of the catalogue."""
        return [symbol for symbol, is_listed in self._known.items() if is_listed]

    @property
    def delisted(self) -> Sequence[str]:
        return [symbol for symbol, is_listed in self._known.items() if not is_listed]

    def sighted(self, events: Iterable[Event]) -> None:
        """Look at the mid prices of a frame."""
        for event in events:
            if isinstance(event, PricesUpdated) and event.confirms_mids:
                self._look(event)

    def is_due(self, now: float) -> bool:
        """Whether the catalogue shall be read now."""
        if self._read_at is None:
            return True
        age = now - self._read_at
        if self._has_news:
            return age >= _AT_MOST_EVERY_SECS
        return age >= (_DEX_EVERY_SECS if self._lacks_dex() else _EVERY_SECS)

    def _lacks_dex(self) -> bool:
        """Whether nothing is listed of a dex."""
        there = {dex_of(symbol) for symbol in self.symbols} if self._dexes else set()
        return not there.issuperset(self._dexes)

    def read(self, products: Sequence[Product], now: float) -> Change:
        """The catalogue as it is now. An empty one changes nothing: it is no answer."""
        self._read_at = now
        self._has_news = False
        if not products:
            return Change((), ())
        before = set(self.symbols)
        catalogue = {one.symbol: not one.is_delisted for one in products}
        # A name that is gone from the catalogue is as good as delisted.
        missing = {symbol: False for symbol in self._known if symbol not in catalogue}
        self._known = catalogue | missing
        self._strange -= catalogue.keys()
        after = self.symbols
        return Change(
            listed=[symbol for symbol in after if symbol not in before],
            delisted=sorted(before - set(after)),
        )

    def _look(self, mids: PricesUpdated) -> None:
        for change in mids.changes:
            if change.symbol not in self._known and change.symbol not in self._strange:
                self._strange.add(change.symbol)
                self._has_news = True
        for symbol, kind in mids.vanished:
            if kind is PriceKind.MID and self._known.get(symbol):
                self._has_news = True
