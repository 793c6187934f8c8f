"""The switch that stops trading (B10): halts of every account, until it is resumed."""

from collections.abc import Iterable

from threet.ports.halt_store import BY_HAND, FLATTEN, KILL_SWITCH, HaltStore


def pull(
    accounts: Iterable[HaltStore], reason: str, now_ms: int, *, flatten: bool
) -> None:
    """With ``flatten`` every position is closed, too. Raises ``DependencyError``; what
    was halted before that stays halted."""
    causes = (KILL_SWITCH, FLATTEN) if flatten else (KILL_SWITCH,)
    for account in accounts:
        for cause in causes:
            account.halt(cause, reason, now_ms)


def release(accounts: Iterable[HaltStore]) -> None:
    """Ends what only a person ends; other halts end with what they are for."""
    for account in accounts:
        for cause in BY_HAND:
            account.resume(cause)
