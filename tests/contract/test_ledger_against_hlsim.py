"""Whatever users do on hlsim, the ledger reckons from its answers what hlsim holds.

To the last digit: realized, fees, funding and unrealized by product, cost and size of
each position, the account's value; through liquidations, delistings, transfers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest

from hlsim.core.exchange import Exchange
from hlsim.core.numbers import USD_DECIMALS
from hlsim.wire.info import answer
from hlsim.wire.requests import decode_info
from tests.unit.hlsim.core.random_trading import (
    USERS,
    Step,
    Trading,
    trading,
    waits_ms,
)
from threet.accounts.equity_identity import check_of, has_other_positions, is_followed
from threet.accounts.fill_order import in_order
from threet.accounts.ledger import Ledger
from threet.accounts.pnl import BETWEEN_RUNS, by_product, by_run, total
from threet.adapters.hyperliquid import answers, money_history, order_answers
from threet.adapters.hyperliquid.account_reading import AccountReading
from threet.adapters.hyperliquid.dexes import OfEach
from threet.model.accounts import AccountState
from threet.model.money import FundingPayment
from threet.model.orders import Fill
from threet.ports.ledger_store import Origin

_KINDS = (
    *["place"] * 12,
    *["trigger", "bracket", "modify", "leverage", "transfer", "pass", "pass"],
    *["twap", "isolated", "cancel", "lose", "lose_isolated", "liquidate"],
)
_RARE = (*_KINDS * 3, "delist", "enlist")
_DEXES = ("xyz", "flx")
_BY_HAND = ("lose", "lose_isolated")


def a_step(random: Random) -> Step:
    kind = random.choice(_RARE)
    is_hour = kind == "pass" and random.random() < 0.2
    return Step(
        kind=kind,
        user=random.choice(USERS),
        coin=random.randrange(8),
        is_buy=random.random() < 0.5,
        near=random.randrange(-6, 7),
        dollars=random.choice((20, 300, 3_000, 30_000)),
        choice=0 if is_hour else random.randrange(40),
    )


@dataclass
class Played:
    """``by_hand`` is cash that a step took from an account and told to nobody."""

    here: Trading
    random: Random
    by_hand: dict[str, Decimal]


def play(seed: int, steps: int) -> Played:
    random, here = Random(seed), trading(seed)  # noqa: S311 - it repeats
    played = Played(here, random, dict.fromkeys(USERS, Decimal(0)))
    for _ in range(steps):
        step = a_step(random)
        account = here.exchange.clearing.accounts.get(step.user)
        before = account.cash
        for _ in here.do(step):
            pass
        if step.kind in _BY_HAND:
            taken = Decimal(account.cash - before).scaleb(-USD_DECIMALS)
            played.by_hand[step.user] += taken
        for _ in here.live(waits_ms(step)):
            pass
    return played


def told(here: Trading, user: str, question: str, dex: str = "") -> bytes:
    asked: dict[str, Any] = {"type": question, "user": user}
    if dex:
        asked["dex"] = dex
    if question != "clearinghouseState":
        asked["startTime"] = 0
    request = decode_info(msgspec.json.encode(asked))
    return msgspec.json.encode(answer(request, here.exchange, here.now_ms))


def fills_of(here: Trading, user: str) -> list[Fill]:
    rows = order_answers.FILLS.decode(told(here, user, "userFillsByTime"))
    return [order_answers.fill(row, user) for row in rows]


def account_of(here: Trading, user: str, dexes: Sequence[str]) -> AccountState:
    def read(address: str) -> OfEach[AccountState]:
        bodies = [told(here, user, "clearinghouseState", dex) for dex in ("", *dexes)]
        decoded = map(answers.ACCOUNT.decode, bodies)
        return OfEach([answers.account(one, address, here.now_ms) for one in decoded])

    return AccountReading(read).of(user)


def ledger_of(
    here: Trading, user: str, origins: Mapping[int, Origin], dexes: Sequence[str]
) -> Ledger:
    account = money_history.Followed(user, frozenset({"", *dexes}))
    funding = money_history.FUNDING.decode(told(here, user, "userFunding"))
    question = "userNonFundingLedgerUpdates"
    updates = money_history.UPDATES.decode(told(here, user, question))
    paid = [money_history.payment(row) for row in funding]
    made = Ledger()
    for row in updates:
        made.add_update(money_history.update(row, account))
    # As they happened: what a payment is shared by is what was held then.
    events: list[Fill | FundingPayment] = [*paid, *in_order(fills_of(here, user))]
    events.sort(key=lambda one: one.time_ms)
    for one in events:
        if isinstance(one, Fill):
            made.add_fill(one, origins.get(one.oid % 5))
        else:
            made.add_funding(one)
    return made


def marks_of(exchange: Exchange, now_ms: int) -> dict[str, Decimal | None]:
    found: dict[str, Decimal | None] = {}
    for asset in range(len(exchange.universe)):
        one = exchange.universe[asset]
        mark = Decimal(exchange.market.mark_px(asset, now_ms))
        found[one.name] = mark.scaleb(-one.px_decimals)
    return found


def some_origins(random: Random) -> dict[int, Origin]:
    """Of four orders in five; the rest are nobody's."""
    found = {}
    for number in range(4):
        wants = {
            run: Decimal(random.randrange(-500, 500)).scaleb(-2)
            for run in random.sample("abc", random.randrange(4))
        }
        found[number] = Origin(run=random.choice(("", "a", "z")), wants=wants)
    return found


@pytest.mark.parametrize(("seed", "dexes"), [(1, ()), (2, ()), (4, _DEXES)])
def test_the_ledger_is_what_the_exchange_holds_to_the_last_digit(
    seed: int, dexes: Sequence[str]
) -> None:
    played = play(seed, 200)
    here, origins = played.here, some_origins(played.random)
    marks = marks_of(here.exchange, here.now_ms)
    for user in USERS:
        ledger = ledger_of(here, user, origins, dexes)
        account = account_of(here, user, dexes)
        ledger.deposits += played.by_hand[user]
        check = check_of(ledger, account, dexes)
        assert check.difference == 0
        assert (ledger.unknown, ledger.gaps) == ([], 0)
        assert not has_other_positions(ledger, account, dexes)
        rows = by_product(ledger, marks)
        by_symbol = {row.key: row for row in rows}
        for one in account.positions:
            assert by_symbol[one.symbol].unrealized == one.unrealized_pnl
        own = [row for row in rows if is_followed(row.key, dexes)]
        assert total(own).unrealized == check.unrealized
        the_runs_add_up(ledger, marks)
        of_one_run_is_what_the_exchange_says(fills_of(here, user))


def the_runs_add_up(ledger: Ledger, marks: Mapping[str, Decimal | None]) -> None:
    account, runs = total(by_product(ledger, marks)), by_run(ledger, marks)
    whole = total(runs)
    assert (whole.realized, whole.unrealized) == (account.realized, account.unrealized)
    assert (whole.fees, whole.funding) == (account.fees, account.funding)
    assert sum(one.volume for one in runs) == account.volume
    for one in runs:
        if one.key == BETWEEN_RUNS:
            assert one.net == one.fees == one.funding == 0


def of_one_run_is_what_the_exchange_says(fills: Sequence[Fill]) -> None:
    """Reckoned by us from prices and sizes alone."""
    ledger = Ledger()
    for one in in_order(fills):
        ledger.add_fill(one, Origin(run="alone"))
    for symbol, book in ledger.products.items():
        assert ledger.runs["alone", symbol].realized == book.realized
