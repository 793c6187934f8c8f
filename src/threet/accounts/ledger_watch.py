"""Holds the account's value against the ledger at every reading (B4, F67).

A difference is looked into before it is believed: funding, deposits and fills are read
anew, and a second reading, at least ten seconds later, has to differ as well. Then new
risk is halted, under a cause of its own, and people are told; exits pass. When the
identity holds for two readings the halt ends by itself, whatever else is halted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from threet.accounts import equity_identity as identity
from threet.accounts.ledger import Ledger
from threet.accounts.ledger_reader import LedgerReader
from threet.accounts.money_reading import read_money
from threet.model.accounts import AccountState
from threet.model.errors import ExchangeError
from threet.model.events import AlertRaised
from threet.model.money import EquityCheck, EquityVerdict
from threet.model.numbers import ZERO
from threet.ports.clock import Clock
from threet.ports.halt_store import EQUITY, HaltStore
from threet.ports.ledger_store import LedgerStore
from threet.ports.money_history import MoneyHistory

_HOUR_MS = 3_600_000
# Funding is paid some milliseconds after the hour, and told a little later.
_PAID_AFTER_MS = 5_000
_AGAIN_MS = 10_000
_KEEP_EVERY_MS = 60_000
_MOST_AHEAD_MS = 60_000
_ENOUGH = 2
# A fill between two answers makes positions differ; a missing one does so for good.
_MOST_UNEVEN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerWatchParts:
    clock: Clock
    store: LedgerStore
    money: MoneyHistory
    halts: HaltStore
    alert: Callable[[AlertRaised], None]
    dexes: Sequence[str] = ()  # builders', on which the account is followed as well


@dataclass(slots=True)
class LedgerWatch:
    """Of one account. ``last`` is the newest check, None before the first: then it is
    not known whether the account is explained. All times are the exchange's."""

    parts: LedgerWatchParts
    last: EquityCheck | None = None
    reader: LedgerReader = field(init=False)
    _account_ms: int = -1
    _money_ms: int = -_AGAIN_MS
    _kept_ms: int = -_KEEP_EVERY_MS
    _held: int = 0  # readings in a row
    _uneven: int = 0

    def __post_init__(self) -> None:
        self.reader = LedgerReader(self.parts.store)

    def note(self, account: AccountState) -> EquityCheck | None:
        """Right after the fills and the account were read. None where this reading
        cannot be held against the ledger. Raises ``DependencyError`` only: what the
        exchange does not tell now is asked again with the next reading."""
        if account.account_ms <= self._account_ms:
            return None
        self._account_ms = account.account_ms
        is_known = self.parts.store.last_check() is not None
        try:
            looked = self._look(account)
        except ExchangeError:
            return None
        if looked is None:
            return None
        ledger, check, is_fresh = looked
        is_known = is_known and not self._follows_others(ledger)
        if self._is_of_another_moment(ledger, account, is_known):
            return None
        if not is_known:
            if not self._is_opened(ledger, check, account):
                return self._first_seen(check)
            check = self._check(self.reader.ledger(), account)
        return self._judged(check, is_fresh=is_fresh)

    def _look(self, account: AccountState) -> tuple[Ledger, EquityCheck, bool] | None:
        """The ledger, the check, and whether money was read anew for it; None while a
        long history is still being read."""
        is_fresh = self._read_if_due()
        if not self._is_read():
            return None
        ledger = self.reader.ledger()
        check = self._check(ledger, account)
        if identity.is_off(check) and not is_fresh and self._may_read_again():
            is_fresh = self._read()
            ledger = self.reader.ledger()
            check = self._check(ledger, account)
        return ledger, check, is_fresh

    def _check(self, ledger: Ledger, account: AccountState) -> EquityCheck:
        return identity.check_of(ledger, account, self.parts.dexes)

    def _follows_others(self, ledger: Ledger) -> bool:
        """Other builder dexes are configured than the ledger was kept for: what is on
        them has come to the account, or has left it."""
        return ledger.following != identity.names(self.parts.dexes)

    def _read_if_due(self) -> bool:
        """Funding is paid at the hour: a look an hour finds it."""
        since_due_ms = (self._account_ms - _PAID_AFTER_MS) % _HOUR_MS
        return self._money_ms < self._account_ms - since_due_ms and self._read()

    def _may_read_again(self) -> bool:
        return self._account_ms - self._money_ms >= _AGAIN_MS

    def _read(self) -> bool:
        overlap_ms = _HOUR_MS if self._is_read() else 0
        parts = self.parts
        is_whole = read_money(parts.money, parts.store, overlap_ms=overlap_ms)
        if is_whole:
            self._money_ms = self._account_ms
        return is_whole

    def _is_read(self) -> bool:
        return self._money_ms >= 0

    def _is_of_another_moment(
        self, ledger: Ledger, account: AccountState, is_known: bool, /
    ) -> bool:
        """An entry newer than the reading, or a fill that one of both has not yet."""
        ahead_ms = self.reader.newest_ms - account.account_ms
        if 0 < ahead_ms < _MOST_AHEAD_MS:
            return True
        dexes = self.parts.dexes
        is_even = not identity.has_other_positions(ledger, account, dexes)
        self._uneven = 0 if is_even else self._uneven + 1
        return is_known and 0 < self._uneven <= _MOST_UNEVEN

    def _is_opened(
        self, ledger: Ledger, check: EquityCheck, account: AccountState
    ) -> bool:
        """At first sight, of the account or of a dex: what the readable history does
        not explain was there before it, and is booked as that, once a second reading
        says the same."""
        is_off = identity.is_off(check)
        if is_off and not self._says_it_again(check):
            return False
        entries = list(identity.opening_positions(ledger, account))
        if self._follows_others(ledger):
            dexes = self.parts.dexes
            entries.append(identity.following(check, account, dexes))
        elif is_off:
            entries.append(identity.opening(check, account))
        self.parts.store.record_updates(entries)
        return True

    def _says_it_again(self, check: EquityCheck) -> bool:
        before = self.last
        if before is None or check.account_ms - before.account_ms < _AGAIN_MS:
            return False
        return _are_alike(before, check)

    def _first_seen(self, check: EquityCheck) -> EquityCheck:
        before = self.last
        if before is None or not _are_alike(before, check):
            self.last = msgspec.structs.replace(check, verdict=EquityVerdict.SUSPECT)
        return msgspec.structs.replace(check, verdict=EquityVerdict.SUSPECT)

    def _judged(self, check: EquityCheck, *, is_fresh: bool) -> EquityCheck:
        before = self.last
        is_off = identity.is_off(check)
        verdict = EquityVerdict.HOLDS
        if is_off:
            verdict = _doubted(before, is_fresh=is_fresh)
        self._held = 0 if is_off else self._held + 1
        self.last = check = msgspec.structs.replace(check, verdict=verdict)
        if verdict is EquityVerdict.DIFFERS:
            self._halt(check)
        elif self._held == _ENOUGH:
            self.parts.halts.resume(EQUITY)
        self._keep(check, before)
        return check

    def _halt(self, check: EquityCheck) -> None:
        clock, reason = self.parts.clock, self._reason(check)
        if not self.parts.halts.halt(EQUITY, reason, clock.now_ms()):
            return
        self.parts.alert(
            AlertRaised(
                received_ns=clock.now_ns(),
                name="equity_differs",
                source="order_gateway",
                message=reason,
                count=_ENOUGH,
                window_secs=0,
            )
        )

    def _reason(self, check: EquityCheck) -> str:
        way = "more" if check.difference > ZERO else "less"
        unknown = sorted({one.kind for one in self.reader.ledger().unknown})
        why = f"; not understood: {', '.join(unknown)}" if unknown else ""
        much = f"{abs(check.difference):f} USDC"
        return f"the account has {much} {way} than is booked{why}"

    def _keep(self, check: EquityCheck, before: EquityCheck | None) -> None:
        is_news = before is None or before.verdict is not check.verdict
        if is_news or check.account_ms - self._kept_ms >= _KEEP_EVERY_MS:
            self.parts.store.record_check(check)
            self._kept_ms = check.account_ms


def _are_alike(one: EquityCheck, other: EquityCheck) -> bool:
    return abs(one.difference - other.difference) < identity.CENT


def _doubted(before: EquityCheck | None, *, is_fresh: bool) -> EquityVerdict:
    """A second reading confirms what the first said, if it was looked into anew."""
    if before is None or before.verdict is EquityVerdict.HOLDS:
        return EquityVerdict.SUSPECT
    if before.verdict is EquityVerdict.DIFFERS or is_fresh:
        return EquityVerdict.DIFFERS
    return EquityVerdict.SUSPECT
