"""Are the configured builder dexes there, and has the account dollars on each?"""

from collections.abc import Iterator, Sequence

from threet.model.findings import Finding, fail, ok, warn
from threet.model.numbers import ZERO
from threet.ports.dex_standings import DexStanding

_CHECK_NAME = (
    "check its name in exchanges.hyperliquid.dexes, or take it out; all else goes on"
)


def standings(found: Sequence[DexStanding]) -> Iterator[Finding]:
    for one in found:
        yield _standing(one)


def _standing(one: DexStanding) -> Finding:
    name, state = f"dex {one.dex}", one.account
    if one.amiss:
        return fail(name, f"{one.amiss}: nothing can be traded there", _CHECK_NAME)
    what = f"{one.products} products"
    if state is None:
        return ok(name, what)
    what = f"{what}, equity {state.account_value:.2f} USDC there"
    if state.withdrawable <= ZERO:
        remedy = f"move dollars from the first dex to {one.dex} (Transfer, sendAsset)"
        reason = "no margin is left there, whatever the other dexes have"
        return warn(name, f"{what}: {reason}", remedy)
    return ok(name, f"{what}, free {state.withdrawable:.2f}")
