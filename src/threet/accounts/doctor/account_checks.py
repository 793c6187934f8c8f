"""Who is the address, may the key sign for it, and is there anything to trade with?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from threet.accounts.authority import EXPIRY_WARNED_MS, authority
from threet.model.accounts import AccountState
from threet.model.errors import ConfigurationError
from threet.model.findings import Finding, Health, fail, ok, unknown, warn
from threet.model.numbers import ZERO
from threet.ports.identity import AccountMode, Agent, IdentityReader, Role, Standing

_DAY_MS = 86_400_000
_APPROVE = (
    "approve an agent at the exchange (More, API), then `3t connect` with its key"
)
_T = TypeVar("_T")


@dataclass(slots=True)
class Remembering:
    """An ``IdentityReader`` that asks each question once: a role weighs 60 of 1200."""

    reader: IdentityReader
    _known: dict[tuple[str, str], object] = field(default_factory=dict)

    def standing(self, address: str) -> Standing:
        return self._once("standing", address, self.reader.standing)

    def agents(self, address: str) -> Sequence[Agent]:
        return self._once("agents", address, self.reader.agents)

    def mode(self, address: str) -> AccountMode:
        return self._once("mode", address, self.reader.mode)

    def leader(self, vault: str) -> str | None:
        return self._once("leader", vault, self.reader.leader)

    def _once(self, what: str, address: str, ask: Callable[[str], _T]) -> _T:
        key = (what, address)
        if key not in self._known:
            self._known[key] = ask(address)
        found: _T = self._known[key]  # type: ignore[assignment]  # kept by its question
        return found


def role(reader: IdentityReader, account: str) -> Finding:
    standing = reader.standing(account)
    match standing.role:
        case Role.USER:
            return ok("address", f"{account} is an account of its own")
        case Role.SUB_ACCOUNT:
            return ok("address", f"a sub-account of {standing.owner}")
        case Role.VAULT:
            return ok("address", f"a vault, led by {reader.leader(account)}")
        case Role.AGENT:
            return fail(
                "address",
                f"{account} is an agent: it holds nothing, and would look empty",
                f"set wallet_address to the account it signs for: {standing.owner}",
            )
        case Role.MISSING:
            return fail(
                "address",
                f"the exchange knows no account {account}",
                "check network and address; pay in USDC",
            )


def mode(reader: IdentityReader, account: str) -> Finding:
    found = reader.mode(account)
    if found is AccountMode.SEPARATE:
        return ok("account mode", "perpetuals have their own collateral")
    return fail(
        "account mode",
        f"{found.value}: the equity of perpetuals would look like 0",
        "switch to separate accounts at the exchange (Portfolio, Account mode)",
    )


def key(
    reader: IdentityReader,
    *,
    account: str,
    signer: str | None,
    now_ms: int,
    allows_own: bool = False,
) -> Iterator[Finding]:
    """``signer`` is the address of the configured key, None without one."""
    if signer is None:
        yield warn("agent", "there is no key: 3T reads and decides, no more", _APPROVE)
        return
    if signer == account.lower():
        what = "the key is the account's own: it could withdraw"
        if allows_own:
            yield warn("agent", f"{what}, and allow_own_key lets it trade", _APPROVE)
        else:
            yield fail("agent", f"{what}, and is refused", _APPROVE)
        return
    standing = reader.standing(account)
    if standing.role in {Role.MISSING, Role.AGENT}:
        yield unknown("agent", "whose agent it should be is not known", "see: address")
        return
    try:
        found = authority(
            _AnyMode(reader),
            account=account,
            signer=signer,
            now_ms=now_ms,
            allows_own=allows_own,
        )
    except ConfigurationError as error:
        yield fail("agent", "; ".join(_plain(one) for one in error.reasons), _APPROVE)
        return
    yield ok("agent", f"{signer} may trade for it")
    yield _expiry(found.valid_until_ms, now_ms)


def key_of_run() -> Finding:
    """Of a demonstration, whose key is never written down."""
    return Finding(
        name="agent's key",
        health=Health.OK,
        what="only the 3T that runs here has it, and it ends with it: no command can"
        " sign",
        remedy="to sign by hand (--trade): `hlsim serve` with an agent of your own,"
        " then `3t connect`",
    )


@dataclass(frozen=True, slots=True)
class _AnyMode:
    """The account's mode is a finding of its own, and says nothing of its agent."""

    reader: IdentityReader

    def standing(self, address: str) -> Standing:
        return self.reader.standing(address)

    def agents(self, address: str) -> Sequence[Agent]:
        return self.reader.agents(address)

    def mode(self, address: str) -> AccountMode:
        del address
        return AccountMode.SEPARATE

    def leader(self, vault: str) -> str | None:
        return self.reader.leader(vault)


def _expiry(until_ms: int | None, now_ms: int) -> Finding:
    if until_ms is None:
        return ok("agent's end", "the exchange tells none")
    days = (until_ms - now_ms) / _DAY_MS
    if until_ms - now_ms < EXPIRY_WARNED_MS:
        what = f"it expires in {days:.1f} days; then nothing is traded or stopped"
        return warn("agent's end", what, f"{_APPROVE}; then restart the gateway")
    return ok("agent's end", f"in {days:.0f} days")


def collateral(state: AccountState) -> Finding:
    what = (
        f"equity {state.account_value:.2f} USDC, free {state.withdrawable:.2f},"
        f" {len(state.positions)} positions of {state.total_notional:.2f}"
    )
    if state.account_value <= ZERO:
        remedy = "pay in USDC, or move it from spot to perpetuals"
        return fail("collateral", f"{what}: there is nothing to trade with", remedy)
    if state.withdrawable <= ZERO:
        return warn("collateral", what, "close or pay in: no margin is left")
    return ok("collateral", what)


def _plain(reason: str) -> str:
    """Without the setting's name, which the remedy tells."""
    return reason.partition(": ")[2] or reason
