"""What the exchange still lets us ask, for the page and its API."""

from threet.bootstrap import WebParts
from threet.model.errors import DependencyError
from threet.ports.rate_budget import BudgetState
from threet.resilience.address_forecast import AddressForecast
from threet.web.answers import AddressBudgetAnswer, BudgetUseAnswer, RateBudgetAnswer
from threet.web.waiting import in_thread

_PATIENCE_SECS = 2.0
_LOW_SHARE = 20  # a twentieth of the actions is left


async def look(parts: WebParts) -> RateBudgetAnswer | None:
    """None where nothing is weighed, and while it cannot be told."""
    if parts.budget is None:
        return None
    forecast = parts.address_forecast or _nothing
    try:
        state = await in_thread("redis", parts.budget.state, _PATIENCE_SECS)
        address = await in_thread("redis", forecast, _PATIENCE_SECS)
    except DependencyError:
        return None
    return answer(state, address)


def reasons(budget: RateBudgetAnswer | None) -> list[str]:
    """Why the budget makes the platform less than well, in words."""
    if budget is None:
        return []
    found = []
    if not budget.is_shared:
        found.append("the rate budget is not shared")
    if budget.paused_secs > 0:
        found.append("the exchange told us to slow down")
    address = budget.address
    if address is not None and (address.cap - address.used) * _LOW_SHARE < address.cap:
        found.append(f"{max(0, address.cap - address.used)} actions left")
    return found


def _nothing() -> None:
    return None


def answer(state: BudgetState, address: AddressForecast | None) -> RateBudgetAnswer:
    return RateBudgetAnswer(
        limit=state.limit,
        used=state.used,
        left=state.left,
        by_priority={
            one.name.lower(): BudgetUseAnswer(used=used, left=state.left_for[one])
            for one, used in state.used_by.items()
        },
        paused_secs=state.paused_secs,
        is_shared=state.is_shared,
        address=None if address is None else _address_answer(address),
    )


def _address_answer(address: AddressForecast) -> AddressBudgetAnswer:
    return AddressBudgetAnswer(
        used=address.used,
        cap=address.cap,
        per_hour=round(address.per_hour, 1),
        exhausted_in_secs=address.exhausted_in_secs,
    )
