"""The switch that stops trading (B10): halts of every account, until it is resumed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from threet.ports.halt_store import BY_HAND, FLATTEN, KILL_SWITCH, Halt, HaltStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """Of one account: the causes that were ended, and the halts that stand still."""

    ended: Sequence[str]
    left: Sequence[Halt]


def pull(
    accounts: Iterable[HaltStore], reason: str, now_ms: int, *, flatten: bool
) -> None:
    """With ``flatten`` every position is closed, too. Raises ``DependencyError``; what
    was halted before that stays halted."""
    causes = (KILL_SWITCH, FLATTEN) if flatten else (KILL_SWITCH,)
    for account in accounts:
        for cause in causes:
            account.halt(cause, reason, now_ms)


def release(accounts: Iterable[HaltStore]) -> Sequence[Released]:
    """Ends what only a person ends, one account after the other; other halts end with
    what they are for. Raises ``DependencyError``; what was ended before that is."""
    return [_released(account) for account in accounts]


def _released(account: HaltStore) -> Released:
    ended = [cause for cause in BY_HAND if account.resume(cause)]
    return Released(ended=ended, left=account.halts())
