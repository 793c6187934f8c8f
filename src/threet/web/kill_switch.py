"""The switch that stops trading: a halt of every account, as `3t kill` sets it."""

from collections.abc import Iterable

from threet.ports.halt_store import KILL_SWITCH, HaltStore

# Besides: close every position, by orders that only reduce.
FLATTEN = "flatten"


def pull(
    accounts: Iterable[HaltStore], reason: str, now_ms: int, *, flatten: bool
) -> None:
    """Raises ``DependencyError``; what was halted before that stays halted."""
    causes = (KILL_SWITCH, FLATTEN) if flatten else (KILL_SWITCH,)
    for account in accounts:
        for cause in causes:
            account.halt(cause, reason, now_ms)


def release(accounts: Iterable[HaltStore]) -> None:
    """Ends what was pulled; halts of other causes stay until those are gone."""
    for account in accounts:
        for cause in (FLATTEN, KILL_SWITCH):
            account.resume(cause)
