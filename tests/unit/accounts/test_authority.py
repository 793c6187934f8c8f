"""A key is looked at before it trades (O12, S4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from threet.accounts.authority import authority
from threet.model.errors import ConfigurationError
from threet.ports.identity import AccountMode, Agent, Role, Standing

MASTER, AGENT, OTHER, SUB = ("0x" + letter * 40 for letter in "abcd")
DAY = 86_400_000


@dataclass
class Exchange:
    """Knows whom it was told."""

    standings: Mapping[str, Standing]
    named: Sequence[Agent] = ()
    leaders: Mapping[str, str] = field(default_factory=dict)
    collateral: AccountMode = AccountMode.SEPARATE

    def mode(self, address: str) -> AccountMode:
        del address
        return self.collateral

    def standing(self, address: str) -> Standing:
        return self.standings.get(address, Standing(Role.MISSING))

    def agents(self, address: str) -> Sequence[Agent]:
        del address
        return self.named

    def leader(self, vault: str) -> str | None:
        return self.leaders.get(vault)


WELL = {MASTER: Standing(Role.USER), AGENT: Standing(Role.AGENT, MASTER)}


@pytest.mark.parametrize("mode", [AccountMode.UNIFIED, AccountMode.PORTFOLIO])
def test_f34_an_account_whose_equity_would_look_like_nothing_is_refused(
    mode: AccountMode,
) -> None:
    with pytest.raises(ConfigurationError, match=mode.value):
        authority(
            Exchange(WELL, collateral=mode), account=MASTER, signer=AGENT, now_ms=0
        )


def named(until_ms: int | None) -> Agent:
    return Agent(address=AGENT, name="3t", valid_until_ms=until_ms)


def test_an_agent_trades_for_its_own_account() -> None:
    # Written in capitals, it is the same address.
    found = authority(
        Exchange(WELL), account=MASTER.upper().replace("X", "x"), signer=AGENT, now_ms=0
    )
    assert (found.vault, found.valid_until_ms) == (None, None)


def test_s4_the_accounts_own_key_is_refused_unless_it_is_forced() -> None:
    own = {MASTER: Standing(Role.USER), SUB: Standing(Role.SUB_ACCOUNT, MASTER)}
    with pytest.raises(ConfigurationError, match="no agent"):
        authority(Exchange(own), account=MASTER, signer=MASTER, now_ms=0)
    forced = authority(
        Exchange(own), account=MASTER, signer=MASTER, now_ms=0, allows_own=True
    )
    assert (forced.vault, forced.valid_until_ms) == (None, None)
    forced = authority(
        Exchange(own), account=SUB, signer=MASTER, now_ms=0, allows_own=True
    )
    assert forced.vault == SUB
    with pytest.raises(ConfigurationError, match="no agent"):
        authority(
            Exchange(own), account=MASTER, signer=OTHER, now_ms=0, allows_own=True
        )


@pytest.mark.parametrize(
    ("standings", "account", "words"),
    [
        ({MASTER: Standing(Role.USER)}, MASTER, "no agent"),
        (
            {MASTER: Standing(Role.USER), AGENT: Standing(Role.AGENT, OTHER)},
            MASTER,
            "agent of " + OTHER,
        ),
        ({**WELL, AGENT: Standing(Role.USER)}, MASTER, "no agent"),
        (WELL, AGENT, "write the address of the account"),
        (WELL, OTHER, "knows no account"),
    ],
    ids=["never approved", "of another", "an account's own key", "f30", "missing"],
)
def test_f32_o12_a_key_that_may_not_trade_is_told_before_the_first_order(
    standings: Mapping[str, Standing], account: str, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        authority(Exchange(standings), account=account, signer=AGENT, now_ms=0)


def test_f33_an_expired_agent_is_refused_and_one_that_will_is_told() -> None:
    gone = Exchange(WELL, [named(DAY)])
    with pytest.raises(ConfigurationError, match="expired"):
        authority(gone, account=MASTER, signer=AGENT, now_ms=DAY)
    soon = authority(
        Exchange(WELL, [named(20 * DAY)]), account=MASTER, signer=AGENT, now_ms=0
    )
    assert not soon.expires_soon(5 * DAY)
    assert soon.expires_soon(7 * DAY)


def test_f31_a_sub_account_is_named_in_what_its_masters_agent_signs() -> None:
    standings = {**WELL, SUB: Standing(Role.SUB_ACCOUNT, MASTER)}
    found = authority(Exchange(standings), account=SUB, signer=AGENT, now_ms=0)
    assert found.vault == SUB


def test_f31_a_vault_is_traded_by_its_leaders_agent_alone() -> None:
    vault = {**WELL, SUB: Standing(Role.VAULT)}
    led = Exchange(vault, leaders={SUB: MASTER})
    assert authority(led, account=SUB, signer=AGENT, now_ms=0).vault == SUB
    foreign = Exchange(vault, leaders={SUB: OTHER})
    with pytest.raises(ConfigurationError, match="not of " + OTHER):
        authority(foreign, account=SUB, signer=AGENT, now_ms=0)
