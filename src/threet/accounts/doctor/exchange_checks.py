"""Is the exchange there, do we agree on the time, and how much may be asked of it?"""

from collections.abc import Callable
from dataclasses import dataclass

from threet.model.accounts import AddressUse
from threet.model.findings import Finding, fail, ok, warn
from threet.ports.clock import Clock
from threet.ports.rate_budget import BudgetState, Priority

SKEW_WARNED_MS, SKEW_REFUSED_MS = 250, 1_000
_ASKED_TIMES = 3
_ACTIONS_WARNED = 1_000
# What the start of a gateway asks: roles, agents, mode, catalogue, account, orders.
_WEIGHT_OF_A_START = 300


@dataclass(frozen=True, slots=True)
class TimeReading:
    """``skew_ms``: the exchange's clock minus ours, off by ``doubt_ms`` at most."""

    skew_ms: int
    doubt_ms: int


def read_time(server_ms: Callable[[], int], clock: Clock) -> TimeReading:
    """The best of a few: half of its way there and back is not known."""
    return min((_once(server_ms, clock) for _ in range(_ASKED_TIMES)), key=_doubt)


def _once(server_ms: Callable[[], int], clock: Clock) -> TimeReading:
    before, began = clock.now_ms(), clock.monotonic()
    told = server_ms()
    took_ms = round((clock.monotonic() - began) * 1000)
    return TimeReading(told - (before + took_ms // 2), took_ms // 2 + 1)


def _doubt(reading: TimeReading) -> int:
    return reading.doubt_ms


def clock_skew(reading: TimeReading) -> Finding:
    """What is certain of the skew counts, not what a slow line may have added."""
    least = max(0, abs(reading.skew_ms) - reading.doubt_ms)
    what = f"{reading.skew_ms:+d} ms, give or take {reading.doubt_ms} ms"
    if least > SKEW_REFUSED_MS:
        return fail(
            "clock",
            f"{what}: orders may expire before they arrive, or live too long",
            "synchronise this machine's clock (chrony or systemd-timesyncd)",
        )
    if least > SKEW_WARNED_MS:
        return warn("clock", what, "synchronise this machine's clock")
    return ok("clock", what)


def reachable(url: str, reading: TimeReading) -> Finding:
    return ok("exchange", f"{url} answers in {2 * reading.doubt_ms} ms")


def ip_budget(state: BudgetState) -> Finding:
    left = state.left_for[Priority.ORDER]
    what = f"{state.left} of {state.limit} left this minute, {left} for orders"
    if state.paused_secs > 0:
        return fail(
            "request budget",
            f"{what}; paused {state.paused_secs:.0f} s by the exchange",
            "wait; ask less: fewer products, or no other program of this address",
        )
    if left < _WEIGHT_OF_A_START:
        return warn("request budget", what, "wait a minute before starting to trade")
    return ok("request budget", what)


def action_budget(use: AddressUse, exhausted_in_secs: float | None) -> Finding:
    """Each dollar traded adds an action; only a cancel passes without any."""
    left = max(0, use.cap - use.used)
    what = f"{left} of {use.cap} actions left"
    if exhausted_in_secs is not None:
        what += f", all used in {exhausted_in_secs / 3600:.1f} h at this rate"
    remedy = "send fewer orders: a longer timeframe, or a larger least_share"
    if left == 0:
        return fail("action budget", what, f"{remedy}; each dollar traded adds one")
    if left < _ACTIONS_WARNED:
        return warn("action budget", what, remedy)
    return ok("action budget", what)


def trades_there(network: str, *, is_allowed: bool) -> Finding:
    """Whether the order gateway starts there: on mainnet its owner has to allow it."""
    if network != "mainnet":
        return ok("network", network)
    if is_allowed:
        return ok("network", "mainnet: real money is traded (execution.on_mainnet)")
    return warn(
        "network",
        "mainnet: the order gateway refuses to start without execution.on_mainnet",
        "set it when the acceptance cards passed on testnet: docs/acceptance",
    )
