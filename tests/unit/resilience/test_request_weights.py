"""Weights as the exchange counts them: hlsim's own table is the second opinion."""

from hypothesis import given
from hypothesis import strategies as st

from hlsim.core import limits
from threet.model.candles import Timeframe
from threet.resilience import request_weights as weights

T0 = 1_767_225_600_000


@given(st.integers(1, 5000))
def test_candles_weigh_what_the_exchange_counts(bars: int) -> None:
    minute = Timeframe.M1.millis
    told = weights.candles(Timeframe.M1, T0, T0 + bars * minute - 1)
    kind = "candleSnapshot"
    assert told == limits.base_weight(kind) + limits.item_weight(kind, bars)


@given(st.integers(0, 2000))
def test_f36_items_of_an_answer_weigh_what_the_exchange_counts(items: int) -> None:
    assert weights.surcharge(items) == limits.item_weight("userFills", items)


@given(st.integers(1, 500))
def test_a_batch_weighs_what_the_exchange_counts(batch: int) -> None:
    assert weights.action(batch) == limits.exchange_weight(batch)


def test_base_weights_are_the_exchanges() -> None:
    told = [weights.LIGHT, weights.PLAIN, weights.ROLE]
    kinds = ["clearinghouseState", "userRateLimit", "userRole"]
    assert told == [limits.base_weight(kind) for kind in kinds]


def test_each_builder_dex_costs_its_own_questions() -> None:
    assert (weights.catalogue(0), weights.account(0)) == (20, 2)
    # Catalogue, list of dexes, two catalogues more.
    assert weights.catalogue(2) == 80
    # Three questions, and all of them once more where cash moved.
    assert weights.account(2) == 12
    assert weights.open_orders(2) == 60
