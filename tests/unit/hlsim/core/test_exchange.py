"""The exchange as a whole: what it tells, grants and counts, in which order."""

from hlsim.core.accounts import Leverage
from hlsim.core.commands import Command, Done, Noop, PlaceOrders, Unsupported
from hlsim.core.gate import Asking
from hlsim.core.house import GENESIS
from hlsim.core.intervals import HOUR_MS
from hlsim.core.journal import Canceled, Fill
from hlsim.core.orders import OrderRecord, Status
from hlsim.core.refusal import Refused
from hlsim.core.terms import Terms
from tests.unit.hlsim.core.floor import ALICE, BOB, CAROL, Floor, order, usd
from tests.unit.hlsim.core.scripted_market import COIN


def longs(floor: Floor, asset: int = COIN) -> int:
    accounts = floor.exchange.clearing.accounts
    return sum(max(one.szi(asset), 0) for one in accounts)


def test_both_sides_of_a_trade_have_one_tid_and_one_hash_and_their_own_oid() -> None:
    floor = Floor()
    floor.fill_between(ALICE, BOB, "1")
    buyer, seller = floor.fills(ALICE)[0], floor.fills(BOB)[0]
    assert (buyer.tid, buyer.hash) == (seller.tid, seller.hash)
    assert buyer.oid != seller.oid
    assert 0 < buyer.tid < 2**50
    ((_, printed),) = floor.market.tape
    assert (printed.tid, printed.hash) == (buyer.tid, buyer.hash)
    assert printed.users == (ALICE, BOB)


def test_the_buyer_is_named_first_whoever_was_the_aggressor() -> None:
    floor = Floor()
    floor.rest(ALICE, order("buy", "1", "100"))
    floor.fill(BOB, order("sell", "1", "100"))
    ((_, printed),) = floor.market.tape
    assert (printed.side, printed.users) == ("A", (ALICE, BOB))


def test_fills_chain_from_start_position_to_start_position() -> None:
    floor = Floor()
    for seller, buyer, size in (
        (BOB, ALICE, "2"),
        (ALICE, BOB, "0.5"),
        (ALICE, BOB, "3"),
        (BOB, ALICE, "1.5"),
    ):
        floor.fill_between(buyer, seller, size)
    fills = floor.fills(ALICE)
    assert [one.start_szi for one in fills] == [0, 200, 150, -150]
    assert [str(one.dir) for one in fills] == [
        "Open Long",
        "Close Long",
        "Long > Short",
        "Close Short",
    ]


def test_closed_pnl_leaves_the_fee_out() -> None:
    floor = Floor()
    floor.fill_between(ALICE, BOB, "1", px="100")
    floor.fill_between(BOB, ALICE, "1", px="101")
    assert [one.closed_pnl for one in floor.fills(ALICE)] == [0, usd("1")]


def test_open_interest_is_the_sum_of_longs() -> None:
    floor = Floor()
    for buyer, seller, size in (
        (ALICE, BOB, "3"),
        (BOB, CAROL, "5"),
        (CAROL, BOB, "1"),
    ):
        floor.fill_between(buyer, seller, size)
        interest = floor.exchange.context(COIN, floor.now_ms).open_interest
        assert interest == longs(floor)


def test_news_come_in_the_order_in_which_things_happened() -> None:
    floor = Floor()
    own = floor.rest(ALICE, order("sell", "1", "100"))
    floor.rest(BOB, order("sell", "1", "100.1"))
    floor.exchange.happened(floor.now_ms)
    floor.fill(ALICE, order("buy", "1", "101"))
    happened = floor.exchange.happened(floor.now_ms)
    assert happened is not None
    kinds = [
        one.status if isinstance(one, OrderRecord) else type(one)
        for one in happened.news
    ]
    assert kinds == [
        Status.SELF_TRADE_CANCELED,
        Canceled,
        Fill,
        Fill,
        Status.FILLED,
        Status.FILLED,
    ]
    assert [one for one in happened.news if isinstance(one, Canceled)] == [
        Canceled(ALICE, COIN, own)
    ]
    assert list(happened.changes.quoted) == [COIN]
    assert floor.exchange.happened(floor.now_ms) is None


def test_what_a_user_canceled_is_told_as_an_order_only() -> None:
    floor = Floor()
    floor.exchange.happened(floor.now_ms)
    floor.cancel(ALICE, floor.rest(ALICE, order("buy", "1", "99")))
    happened = floor.exchange.happened(floor.now_ms)
    assert happened is not None
    assert {type(one) for one in happened.news} == {OrderRecord}


def test_an_action_that_is_not_carried_out_says_so() -> None:
    floor = Floor()
    assert floor.act(ALICE, Noop()) == Done()
    refused = floor.act(ALICE, Unsupported(kind="tokenDelegate"))
    assert refused == Refused("This action is not supported by this exchange.")


def ask(floor: Floor, command: Command, nonce: int, signer: str = ALICE) -> object:
    asking = Asking(signers=[signer], nonce=nonce)
    return floor.exchange.ask(asking, command, floor.now_ms)


def test_an_unknown_signer_a_used_nonce_and_a_used_up_budget_are_refused() -> None:
    floor = Floor(terms=Terms(address_allowance=2))
    stranger = "0x" + "9" * 40
    assert ask(floor, Noop(), floor.now_ms, stranger) == Refused(
        f"User or API Wallet {stranger} does not exist."
    )
    assert ask(floor, Noop(), floor.now_ms) == Done()
    again = ask(floor, Noop(), floor.now_ms)
    assert again == Refused(f"Invalid nonce: duplicate nonce {floor.now_ms}")
    orders = PlaceOrders(orders=[order("buy", "1", "99")] * 2)
    assert not isinstance(ask(floor, orders, floor.now_ms + 1), Refused)
    refused = ask(floor, Noop(), floor.now_ms + 2)
    assert isinstance(refused, Refused)
    assert refused.text.startswith("Too many cumulative requests sent (3 > 1)")


def test_funding_of_before_and_after_the_start_is_one_history() -> None:
    floor = Floor()
    floor.pass_ms(3 * HOUR_MS)
    rows = floor.exchange.funding_history(COIN, 0, floor.now_ms)
    assert len(rows) == 3
    assert [one.time_ms for one in rows] == sorted(one.time_ms for one in rows)


def test_a_granted_position_has_its_counterpart_in_the_house() -> None:
    floor = Floor()
    cash = floor.exchange.clearing.accounts.cash
    tenfold = Leverage(10, is_cross=True)
    floor.exchange.grant(ALICE, COIN, szi=300, px=900_000, leverage=tenfold)
    held = floor.account(ALICE).positions[COIN]
    assert (held.szi, held.cost, held.leverage) == (300, usd("270"), 10)
    assert floor.szi(GENESIS) == "-3.0"
    assert floor.exchange.clearing.accounts.cash == cash
    interest = floor.exchange.context(COIN, floor.now_ms).open_interest
    assert interest == longs(floor) == 300
