"""Builder dexes (HIP-3): which of the configured ones the exchange has, and where."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec

from threet.adapters.hyperliquid import answers
from threet.adapters.hyperliquid.posting import Posting
from threet.model.errors import ExchangeError, RateLimitedError
from threet.ports.clock import Clock

_T = TypeVar("_T")
# How long a dex that is not there is not looked for, where only that is in doubt; and
# how long one that was there has to be missing, in all lists, before it counts as gone.
_ABSENT_SECS = 300.0
USDC_TOKEN = 0


class WireDex(msgspec.Struct, frozen=True):
    name: str


_DEXES: msgspec.json.Decoder[list[WireDex | None]] = msgspec.json.Decoder(
    list[WireDex | None]
)


@dataclass(frozen=True, slots=True)
class OfEach(Generic[_T]):
    """``found`` of the first dex and of those that were read; of ``unread`` ones, that
    the exchange lists, nothing may be left out unsaid."""

    found: Sequence[_T]
    unread: Mapping[str, ExchangeError] = field(default_factory=dict)

    @property
    def reasons(self) -> Mapping[str, str]:
        return {dex: str(error) for dex, error in self.unread.items()}

    def whole(self) -> Sequence[_T]:
        """Raises what kept one from being read."""
        for error in self.unread.values():
            raise error
        return self.found


@dataclass(slots=True)
class BuilderDexes:
    """``names`` are the configured ones. Safe in many threads.

    What is on a dex that was listed is the account's, and one odd answer must not take
    it away. One that is gone must not keep the others from being read.
    """

    info: Posting
    names: Sequence[str]
    clock: Clock
    _seen: set[str] = field(default_factory=set)
    _collateral: dict[str, int] = field(default_factory=dict)
    _asked_at: dict[str, float] = field(default_factory=dict)  # for it
    _absent_since: dict[str, float] = field(default_factory=dict)
    _looked_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def numbers(self) -> Mapping[str, int]:
        """Places of all dexes in the exchange's list, read now (M1); the first has
        none. Raises the ``ExchangeError`` family."""
        name = "perpDexs"
        body = self.info.ask(name, {"type": name})
        found = answers.read(name, body, _DEXES, _places)
        with self._lock:
            self._looked_at = self.clock.monotonic()
            self._seen |= found.keys()
            self._absent_since = {
                dex: self._absent_since.get(dex, self._looked_at)
                for dex in self.names
                if dex not in found
            }
        return found

    def meta(self, dex: str) -> answers.WireMeta:
        """Raises the ``ExchangeError`` family."""
        name = f"meta {dex}"
        body = self.info.ask(name, {"type": "meta", "dex": dex})
        meta = answers.read(name, body, answers.META, lambda told: told)
        with self._lock:
            self._collateral[dex] = meta.collateral_token
        return meta

    def of_each(self, ask: Callable[[str], _T]) -> OfEach[_T]:
        """What ``ask`` says of the first dex and of each configured one that there is,
        but not of what has other collateral: that would be taken for dollars.

        Raises what it raised of the first dex, and ``RateLimitedError``.
        """
        found = [ask("")]
        unread: dict[str, ExchangeError] = {}
        for dex in self.names:
            try:
                if self._has_other_collateral(dex):
                    continue
                found.append(ask(dex))
            except RateLimitedError:
                raise
            except ExchangeError as error:
                if self._is_listed(dex):
                    unread[dex] = error
        return OfEach(found, unread)

    def _has_other_collateral(self, dex: str) -> bool:
        """Asked until it is known, every few minutes at most: it never changes. A
        catalogue that cannot be read keeps no account from being read."""
        now = self.clock.monotonic()
        with self._lock:
            is_known = dex in self._collateral
            is_due = now - self._asked_at.get(dex, float("-inf")) > _ABSENT_SECS
        if not is_known and is_due:
            self._asked_at[dex] = now
            try:
                self.meta(dex)
            except RateLimitedError:
                raise
            except ExchangeError:
                return False
        return self._collateral.get(dex, USDC_TOKEN) != USDC_TOKEN

    def _is_listed(self, dex: str) -> bool:
        """Asked every few minutes at most, and only where a dex does not answer: the
        weight of it is paid by nobody. Where that is not told either, it is."""
        now = self.clock.monotonic()
        with self._lock:
            is_old = now - self._looked_at > _ABSENT_SECS
        if is_old:
            try:
                self.numbers()
            except RateLimitedError:
                raise
            except ExchangeError:
                return True
        with self._lock:
            since, is_seen = self._absent_since.get(dex), dex in self._seen
        return since is None or (is_seen and now - since <= _ABSENT_SECS)


def _places(told: Sequence[WireDex | None]) -> Mapping[str, int]:
    return {one.name: place for place, one in enumerate(told) if one is not None}
