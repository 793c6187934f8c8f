"""Who may act for whom (§3, §4)."""

import pytest

from hlsim.core.agents import NOBODY, Agent, Approved
from hlsim.core.identity import Actor, Identities, Role
from hlsim.core.intervals import DAY_MS
from hlsim.core.numbers import USD
from hlsim.core.refusal import Refused
from hlsim.core.sub_accounts import SubAccount, SubAccountRules, sub_account_address

NOW = 1_790_000_000_000
RICH = 100_000 * USD


def address(number: int) -> str:
    return f"0x{number:040x}"


MASTER, OTHER, STRANGER = address(1), address(2), address(3)
AGENT, SECOND, VAULT = address(16), address(17), address(32)


@pytest.fixture
def identities() -> Identities:
    """Two users, one of whom leads a vault."""
    known = Identities(vaults={VAULT: MASTER})
    known.add_user(MASTER)
    known.add_user(OTHER)
    return known


def missing(signer: str) -> Refused:
    return Refused(f"User or API Wallet {signer} does not exist.")


def must_deposit(signer: str) -> Refused:
    return Refused(f"Must deposit before performing actions. User: {signer}")


def approve(known: Identities, agent: str, name: str = "") -> Approved | Refused:
    return known.approve_agent(MASTER, agent, name, NOW)


def sub_account(known: Identities, master: str = MASTER, name: str = "s") -> SubAccount:
    created = known.create_sub_account(master, name, RICH)
    assert isinstance(created, SubAccount)
    return created


def test_a_user_acts_for_itself(identities: Identities) -> None:
    actor = identities.resolve(MASTER, None, NOW)
    assert actor == Actor(signer=MASTER, master=MASTER, user=MASTER)
    assert isinstance(actor, Actor)
    assert actor.signer == actor.master


def test_an_unknown_signer_does_not_exist(identities: Identities) -> None:
    assert identities.resolve(STRANGER, None, NOW) == missing(STRANGER)
    assert identities.role(STRANGER, NOW) == Role("missing")


def test_an_agent_acts_for_its_master(identities: Identities) -> None:
    assert approve(identities, AGENT) == Approved()
    actor = identities.resolve(AGENT, None, NOW)
    assert actor == Actor(signer=AGENT, master=MASTER, user=MASTER)
    assert isinstance(actor, Actor)
    assert actor.signer != actor.master


def test_an_agent_that_is_funded_still_acts_for_its_master(
    identities: Identities,
) -> None:
    approve(identities, AGENT)
    identities.add_user(AGENT)
    actor = identities.resolve(AGENT, None, NOW)
    assert actor == Actor(signer=AGENT, master=MASTER, user=MASTER)
    identities.expire_agent(AGENT, NOW)
    actor = identities.resolve(AGENT, None, NOW)
    assert actor == Actor(signer=AGENT, master=AGENT, user=AGENT)


def test_the_master_and_its_agents_act_for_its_sub_accounts_and_vaults(
    identities: Identities,
) -> None:
    approve(identities, AGENT)
    sub = sub_account(identities).address
    for signer in (MASTER, AGENT):
        for user in (sub, VAULT):
            assert identities.resolve(signer, user, NOW) == Actor(
                signer=signer, master=MASTER, user=user
            )


@pytest.mark.parametrize("vault", [VAULT, MASTER, OTHER, STRANGER, "sub-account"])
def test_nobody_acts_for_what_it_does_not_lead(
    identities: Identities, vault: str
) -> None:
    if vault == "sub-account":
        vault = sub_account(identities).address
    refused = Refused(f"Vault not registered: {vault}")
    assert identities.resolve(OTHER, vault, NOW) == refused


def test_sub_accounts_and_vaults_sign_nothing(identities: Identities) -> None:
    for signer in (sub_account(identities).address, VAULT):
        assert identities.resolve(signer, None, NOW) == missing(signer)


def test_an_agent_signs_no_transfer(identities: Identities) -> None:
    approve(identities, AGENT)
    assert identities.resolve_user_signed(AGENT) == must_deposit(AGENT)
    assert identities.resolve_user_signed(MASTER) == Actor(
        signer=MASTER, master=MASTER, user=MASTER
    )


def test_a_vault_signs_no_transfer(identities: Identities) -> None:
    refused = Refused("Vault may not perform this action.")
    assert identities.resolve_user_signed(MASTER, VAULT) == refused


def test_an_agent_cannot_approve_another(identities: Identities) -> None:
    approve(identities, AGENT)
    approved = identities.approve_agent(AGENT, SECOND, "", NOW)
    assert approved == must_deposit(AGENT)


def test_an_approval_retires_the_namesake(identities: Identities) -> None:
    for name in ("", "bot"):
        approve(identities, AGENT, name)
        assert approve(identities, SECOND, name) == Approved((AGENT,))
        assert identities.resolve(AGENT, None, NOW) == missing(AGENT)
        assert identities.role(AGENT, NOW) == Role("missing")
        assert identities.is_known(SECOND, NOW)
        identities.approve_agent(MASTER, NOBODY, name, NOW - 6_000)


def test_the_zero_address_removes_an_agent(identities: Identities) -> None:
    approve(identities, AGENT, "bot")
    assert approve(identities, NOBODY, "bot") == Approved((AGENT,))
    assert identities.resolve(AGENT, None, NOW) == missing(AGENT)
    assert identities.agents(MASTER, NOW) == ()


def test_for_five_seconds_after_a_removal_nothing_is_approved(
    identities: Identities,
) -> None:
    approve(identities, AGENT, "bot")
    approve(identities, NOBODY, "bot")
    pending = Refused("User has pending agent removal")
    assert approve(identities, SECOND) == pending
    assert identities.approve_agent(MASTER, SECOND, "", NOW + 4_999) == pending
    assert identities.approve_agent(OTHER, address(18), "", NOW) == Approved()
    assert identities.approve_agent(MASTER, SECOND, "", NOW + 5_000) == Approved()


def test_an_agent_that_does_not_exist_is_not_removed(identities: Identities) -> None:
    refused = Refused("Extra agent does not exist.")
    assert approve(identities, NOBODY, "bot") == refused
    assert approve(identities, AGENT, "bot") == Approved()


def test_a_living_agent_is_not_approved_again(identities: Identities) -> None:
    approve(identities, AGENT, "bot")
    used = Refused("Extra agent already used.")
    assert approve(identities, AGENT, "bot") == used
    assert approve(identities, AGENT, "another") == used
    assert identities.approve_agent(OTHER, AGENT, "bot", NOW) == used


def test_accounts_become_no_agents(identities: Identities) -> None:
    used = Refused("Extra agent already used.")
    sub = sub_account(identities).address
    for account in (MASTER, OTHER, VAULT, sub):
        assert approve(identities, account) == used


def test_three_agents_have_names_and_one_has_none(identities: Identities) -> None:
    for number in range(3):
        assert approve(identities, address(64 + number), f"bot{number}") == Approved()
    full = Refused(
        "Too many extra agents for cumulative volume traded. Current limit is 3"
    )
    assert approve(identities, AGENT, "one more") == full
    assert approve(identities, AGENT) == Approved()
    assert approve(identities, SECOND, "bot1") == Approved((address(65),))


def test_a_sub_account_allows_two_more_names(identities: Identities) -> None:
    sub_account(identities)
    for number in range(5):
        assert approve(identities, address(64 + number), f"bot{number}") == Approved()
    refused = approve(identities, AGENT, "one more")
    assert isinstance(refused, Refused)
    assert refused.text.endswith("Current limit is 5")


def test_an_expired_agent_leaves_its_place(identities: Identities) -> None:
    for number in range(3):
        approve(identities, address(64 + number), f"bot{number}")
    identities.expire_agent(address(64), NOW)
    assert identities.agents(MASTER, NOW)[0].name == "bot1"
    assert approve(identities, AGENT, "one more") == Approved((address(64),))


def test_a_name_may_carry_an_expiry(identities: Identities) -> None:
    until = NOW + 1_000
    approve(identities, AGENT, f"sixteen letters! valid_until {until}")
    assert identities.agents(MASTER, NOW) == (
        Agent(address=AGENT, name="sixteen letters!", master=MASTER, valid_until=until),
    )
    assert identities.is_known(AGENT, until - 1)
    assert identities.resolve(AGENT, None, until) == missing(AGENT)
    assert identities.role(AGENT, until) == Role("missing")
    assert identities.agents(MASTER, until) == ()


def test_an_agent_without_expiry_lives_for_ninety_days(identities: Identities) -> None:
    approve(identities, AGENT, "bot")
    assert identities.agents(MASTER, NOW)[0].valid_until == NOW + 90 * DAY_MS


@pytest.mark.parametrize("until", [NOW - 1, NOW, NOW + 180 * DAY_MS + 1])
def test_an_expiry_is_in_the_next_180_days(identities: Identities, until: int) -> None:
    over = Refused("Agent valid_until already expired.")
    assert approve(identities, AGENT, f"bot valid_until {until}") == over


def test_a_name_has_at_most_sixteen_characters(identities: Identities) -> None:
    assert isinstance(approve(identities, AGENT, "seventeen letters"), Refused)
    assert approve(identities, AGENT, "sixteen letters!") == Approved()


def test_an_agent_can_be_made_to_expire(identities: Identities) -> None:
    approve(identities, AGENT)
    identities.expire_agent(AGENT, NOW)
    assert identities.resolve(AGENT, None, NOW) == missing(AGENT)
    with pytest.raises(KeyError):
        identities.expire_agent(STRANGER, NOW)


def test_an_expired_key_may_be_approved_again_by_another(
    identities: Identities,
) -> None:
    approve(identities, AGENT, "bot")
    identities.expire_agent(AGENT, NOW)
    assert identities.approve_agent(OTHER, AGENT, "mine", NOW) == Approved()
    assert approve(identities, SECOND, "bot") == Approved()
    assert identities.role(AGENT, NOW) == Role("agent", OTHER)


def test_only_named_agents_are_listed(identities: Identities) -> None:
    approve(identities, AGENT)
    approve(identities, SECOND, "bot")
    assert [one.address for one in identities.agents(MASTER, NOW)] == [SECOND]
    unnamed = identities.unnamed_agent(MASTER, NOW)
    assert unnamed is not None
    assert unnamed.address == AGENT
    assert identities.unnamed_agent(OTHER, NOW) is None


def test_roles_are_those_of_the_wire(identities: Identities) -> None:
    approve(identities, AGENT)
    sub = sub_account(identities).address
    assert identities.role(MASTER, NOW) == Role("user")
    assert identities.role(AGENT, NOW) == Role("agent", MASTER)
    assert identities.role(sub, NOW) == Role("subAccount", MASTER)
    assert identities.role(VAULT, NOW) == Role("vault")


def test_sub_accounts_have_addresses_of_their_own(identities: Identities) -> None:
    first, second = sub_account(identities), sub_account(identities, name="t")
    theirs = sub_account(identities, OTHER)
    assert identities.sub_accounts(MASTER) == (first, second)
    assert len({first.address, second.address, theirs.address}) == 3
    assert first.address == sub_account_address(MASTER, 0)


def test_sub_accounts_need_volume(identities: Identities) -> None:
    refused = identities.create_sub_account(MASTER, "s", 12_066_750_000)
    assert refused == Refused(
        "Cannot create sub-accounts until enough volume traded. "
        "Required: $100000. Traded: $12066.75."
    )
    assert identities.create_sub_account(STRANGER, "s", RICH) == must_deposit(STRANGER)


def test_volume_earns_more_sub_accounts(identities: Identities) -> None:
    for _ in range(10):
        sub_account(identities)
    full = Refused("Too many sub-accounts")
    assert identities.create_sub_account(MASTER, "s", RICH) == full
    more = identities.create_sub_account(MASTER, "s", 100_000_000 * USD)
    assert isinstance(more, SubAccount)


def test_no_volume_earns_more_than_fifty_sub_accounts() -> None:
    assert SubAccountRules().limit(10**15 * USD) == 50


def test_the_first_known_candidate_is_the_signer(identities: Identities) -> None:
    asked = iter((STRANGER, MASTER, OTHER))
    assert identities.first_known(asked, NOW) == MASTER
    assert next(asked) == OTHER  # not asked for


def test_of_unknown_candidates_the_first_is_named(identities: Identities) -> None:
    assert identities.first_known((STRANGER, address(4)), NOW) == STRANGER
    with pytest.raises(ValueError, match="no candidate"):
        identities.first_known((), NOW)
