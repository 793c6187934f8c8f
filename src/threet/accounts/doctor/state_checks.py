"""What an earlier run left: halts, orders nobody knows of, a ledger that differs."""

from collections.abc import Sequence

from threet.model.findings import Finding, fail, ok, warn
from threet.model.intents import OrderIntent
from threet.model.money import EquityCheck, EquityVerdict
from threet.ports.halt_store import EQUITY, LIQUIDATION, Halt


def database(current: str | None, newest: str, where: str) -> Finding:
    if current == newest:
        return ok("database", f"{where} at {newest}")
    return fail(
        "database", f"{where} is {current or 'empty'}, not {newest}", "3t db migrate"
    )


def halts(standing: Sequence[Halt]) -> Finding:
    if not standing:
        return ok("halts", "none")
    what = "; ".join(f"{one.cause}: {one.reason}" for one in standing)
    remedies = {
        EQUITY: "explain the difference, `3t ledger accept`",
        LIQUIDATION: "know why, then `3t resume`",
    }
    remedy = remedies.get(standing[0].cause, "3t resume")
    return fail("halts", f"{what}: no new risk is taken", remedy)


def intents(unsettled: Sequence[OrderIntent]) -> Finding:
    if not unsettled:
        return ok("open intents", "none")
    symbols = sorted({one.spec.symbol for one in unsettled})
    what = f"{len(unsettled)} of {', '.join(symbols)}: not known whether they landed"
    return warn("open intents", what, "the gateway settles them when it starts")


def equity(check: EquityCheck | None) -> Finding:
    if check is None:
        return ok("ledger", "the account's value was not held against it yet")
    what = (
        f"expected {check.expected:.2f}, the exchange said"
        f" {check.account_value:.2f} ({check.verdict.value})"
    )
    if check.verdict is EquityVerdict.DIFFERS:
        return fail("ledger", what, "docs/runbooks/EquityUnexplained.md")
    return ok("ledger", what)
