"""Money that moves without a trade: nothing is lost, no margin in use leaves."""

import pytest

from hlsim.core.commands import (
    ApproveAgent,
    CreateSubAccount,
    Done,
    ReserveRequestWeight,
    SendAsset,
    SendUsd,
    SubAccountCreated,
    SubAccountTransfer,
    TransferBetweenClasses,
    VaultTransfer,
    Withdraw,
)
from hlsim.core.house import FEES
from hlsim.core.refusal import Refused
from hlsim.core.sub_accounts import SubAccountRules
from hlsim.core.terms import Terms
from tests.unit.hlsim.core.floor import ALICE, BOB, CAROL, NOON, Floor, order, usd

VAULT, NEW = "0x" + "e" * 40, "0x" + "f" * 40
NOT_ENOUGH = Refused("Insufficient balance for token transfer")


@pytest.fixture
def floor() -> Floor:
    rules = SubAccountRules(first_volume=0)
    return Floor(terms=Terms(vaults={VAULT: BOB}, sub_accounts=rules))


def cash(floor: Floor, user: str, dex: str = "") -> int:
    return floor.account(user, dex).raw_usd


def ledger(floor: Floor, user: str) -> list[object]:
    """Return the kinds of what moved, after the first deposit."""
    rows = list(floor.exchange.journal.history(user).ledger)
    return [one.delta["type"] for one in rows if one.time_ms >= NOON][1:]


def test_a_deposit_enters_and_lets_the_user_exist(floor: Floor) -> None:
    before = floor.exchange.transfers.deposited
    floor.exchange.deposit(NEW, usd("5"), floor.now_ms)
    assert cash(floor, NEW) == usd("5")
    assert floor.exchange.transfers.deposited - before == usd("5")
    assert floor.exchange.identities.role(NEW, floor.now_ms).name == "user"


def test_a_withdrawal_leaves_but_for_its_fee_of_a_dollar(floor: Floor) -> None:
    before = floor.exchange.transfers.deposited
    wish = Withdraw(destination=ALICE, usd=usd("100"))
    assert floor.act(ALICE, wish) == Done()
    assert cash(floor, ALICE) == usd("999900")
    assert cash(floor, FEES) == usd("1")
    assert floor.exchange.transfers.deposited == before - usd("99")
    assert ledger(floor, ALICE) == ["withdraw"]


def test_no_more_can_be_withdrawn_than_is_free(floor: Floor) -> None:
    refused = Refused("Insufficient balance for withdrawal")
    assert floor.act(ALICE, Withdraw(destination=ALICE, usd=usd("1000001"))) == refused
    floor.long(ALICE, "100000")
    free = floor.exchange.account_state(ALICE, floor.now_ms).withdrawable
    assert floor.act(ALICE, Withdraw(destination=ALICE, usd=free + 1)) == refused
    assert floor.act(ALICE, Withdraw(destination=ALICE, usd=free)) == Done()


@pytest.mark.parametrize("amount", ["1", "0", "-5"])
def test_a_withdrawal_is_more_than_its_fee(floor: Floor, amount: str) -> None:
    wish = Withdraw(destination=ALICE, usd=usd(amount))
    assert isinstance(floor.act(ALICE, wish), Refused)


def test_dollars_are_sent_to_another_user_who_then_exists(floor: Floor) -> None:
    assert floor.act(ALICE, SendUsd(destination=NEW, usd=usd("7"))) == Done()
    assert (cash(floor, ALICE), cash(floor, NEW)) == (usd("999993"), usd("7"))
    assert ledger(floor, ALICE) == ["internalTransfer"]
    assert floor.exchange.identities.role(NEW, floor.now_ms).name == "user"


def test_what_resting_orders_bind_is_not_sent(floor: Floor) -> None:
    floor.rest(ALICE, order("buy", "100000", "100"))  # half a million at 20x
    assert floor.act(ALICE, SendUsd(destination=BOB, usd=usd("500001"))) == NOT_ENOUGH
    assert floor.act(ALICE, SendUsd(destination=BOB, usd=usd("500000"))) == Done()


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_is_no_amount(floor: Floor, amount: int) -> None:
    refused = floor.act(ALICE, SendUsd(destination=BOB, usd=amount))
    assert refused == Refused("Invalid amount")


def test_dollars_move_between_the_perp_and_the_spot_side(floor: Floor) -> None:
    spot = floor.exchange.transfers.spot
    away = TransferBetweenClasses(usd=usd("10"), to_perp=False)
    assert floor.act(ALICE, away) == Done()
    assert (cash(floor, ALICE), spot(ALICE)) == (usd("999990"), usd("10"))
    back = TransferBetweenClasses(usd=usd("10.000001"), to_perp=True)
    assert floor.act(ALICE, back) == NOT_ENOUGH


def send_asset(source: str, target: str, amount: str, sub: str = "") -> SendAsset:
    return SendAsset(
        destination=ALICE,
        source_dex=source,
        destination_dex=target,
        usd=usd(amount),
        from_sub_account=sub,
    )


def test_dollars_move_between_dexes(floor: Floor) -> None:
    assert floor.act(ALICE, send_asset("", "xyz", "10")) == Done()
    assert (cash(floor, ALICE), cash(floor, ALICE, "xyz")) == (
        usd("999990"),
        usd("10"),
    )
    assert floor.act(ALICE, send_asset("xyz", "spot", "10")) == Done()
    assert floor.exchange.transfers.spot(ALICE) == usd("10")
    unknown = floor.act(ALICE, send_asset("", "abc", "10"))
    assert unknown == Refused("Invalid dex")


def sub_account(floor: Floor, user: str = ALICE) -> str:
    made = floor.act(user, CreateSubAccount(name="s"))
    assert isinstance(made, SubAccountCreated)
    return made.address


def between(sub: str, amount: str, *, is_deposit: bool = True) -> SubAccountTransfer:
    return SubAccountTransfer(sub_account=sub, is_deposit=is_deposit, usd=usd(amount))


def test_a_sub_account_is_paid_and_pays_back(floor: Floor) -> None:
    sub = sub_account(floor)
    assert floor.act(ALICE, between(sub, "10")) == Done()
    assert (cash(floor, ALICE), cash(floor, sub)) == (usd("999990"), usd("10"))
    assert floor.act(ALICE, between(sub, "11", is_deposit=False)) == NOT_ENOUGH
    assert floor.act(ALICE, between(sub, "10", is_deposit=False)) == Done()


def test_a_sub_account_of_somebody_else_is_not_touched(floor: Floor) -> None:
    sub = sub_account(floor)
    floor.act(ALICE, between(sub, "10"))
    refused = floor.act(BOB, between(sub, "10", is_deposit=False))
    assert refused == Refused("Invalid sub-account transfer")
    assert cash(floor, sub) == usd("10")


def paid(amount: str, *, is_deposit: bool = True) -> VaultTransfer:
    return VaultTransfer(vault=VAULT, is_deposit=is_deposit, usd=usd(amount))


def test_a_vault_is_paid_into_and_pays_back_at_most_that(floor: Floor) -> None:
    assert floor.act(ALICE, paid("10")) == Done()
    assert cash(floor, VAULT) == usd("10")
    assert floor.act(BOB, paid("1", is_deposit=False)) == NOT_ENOUGH
    assert floor.act(ALICE, paid("10", is_deposit=False)) == Done()
    assert floor.exchange.transfers.vault_equity(ALICE, VAULT, floor.now_ms) == 0
    other = VaultTransfer(vault=NEW, is_deposit=True, usd=usd("1"))
    assert floor.act(ALICE, other) == Refused("Vault not registered")


def test_what_a_vault_earns_or_loses_is_its_holders_by_their_shares(
    floor: Floor,
) -> None:
    floor.act(ALICE, paid("300"))
    floor.act(BOB, paid("100"))
    account = floor.exchange.clearing.accounts.get(VAULT)
    floor.exchange.clearing.accounts.get(CAROL).raw_usd += usd("80")
    account.raw_usd -= usd("80")  # lost a fifth, to somebody

    def worth(user: str) -> int:
        return floor.exchange.transfers.vault_equity(user, VAULT, floor.now_ms)

    assert (worth(ALICE), worth(BOB)) == (usd("240"), usd("80"))
    assert floor.act(BOB, paid("80", is_deposit=False)) == Done()
    assert floor.act(CAROL, paid("60")) == Done()
    assert (worth(ALICE), worth(BOB), worth(CAROL)) == (usd("240"), 0, usd("60"))
    assert floor.act(ALICE, paid("240.000001", is_deposit=False)) == NOT_ENOUGH
    assert floor.act(ALICE, paid("240", is_deposit=False)) == Done()
    assert cash(floor, VAULT) == usd("60")


def test_more_actions_are_bought_for_a_twentieth_of_a_cent_each(floor: Floor) -> None:
    assert floor.act(ALICE, ReserveRequestWeight(requests=1000)) == Done()
    assert cash(floor, ALICE) == usd("999999.5")
    assert cash(floor, FEES) == usd("0.5")
    limit = floor.exchange.budgets.of(ALICE).rate_limit()
    assert limit.n_requests_surplus == 1000


def test_an_agent_is_no_sub_account(floor: Floor) -> None:
    """Its key would own what it was sent."""
    floor.act(ALICE, ApproveAgent(address=NEW, name=""))
    refused = floor.act(ALICE, between(NEW, "10"))
    assert refused == Refused("Invalid sub-account transfer")
    assert cash(floor, NEW) == 0


def test_dollars_sent_from_a_sub_account_are_its_own(floor: Floor) -> None:
    sub = sub_account(floor)
    floor.act(ALICE, between(sub, "10"))
    assert floor.act(ALICE, send_asset("", "spot", "11", sub)) == NOT_ENOUGH
    assert floor.act(ALICE, send_asset("", "spot", "10", sub)) == Done()
    assert (cash(floor, sub), cash(floor, ALICE)) == (0, usd("999990"))
    stranger = floor.act(BOB, send_asset("", "spot", "10", sub))
    assert stranger == Refused("Invalid sub-account transfer")
