"""Every digit of a fill has one owner, whatever runs wanted."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.money import wanting
from threet.accounts.attribution import OUTSIDE, shared, split
from threet.ports.ledger_store import Origin

RUNS = ("a", "b", "c", "d")


def d(text: str) -> Decimal:
    return Decimal(text)


def amounts(places: int) -> st.SearchStrategy[Decimal]:
    return st.integers(-(10**8), 10**8).map(
        lambda units: Decimal(units).scaleb(-places)
    )


@given(
    change=amounts(3).filter(bool),
    wants=st.dictionaries(st.sampled_from(RUNS), amounts(3), max_size=4),
    held=st.dictionaries(st.sampled_from((*RUNS, OUTSIDE)), amounts(3), max_size=5),
)
def test_the_parts_add_up_to_the_fill_in_whole_lots(
    change: Decimal, wants: dict[str, Decimal], held: dict[str, Decimal]
) -> None:
    parts = split(change, Origin(wants=wants), held)
    assert sum(parts.values()) == change
    for part in parts.values():
        assert part * change > 0
        assert part == part.quantize(d("0.001"))


@given(
    amount=amounts(6),
    weights=st.dictionaries(st.sampled_from(RUNS), amounts(2), min_size=1),
)
def test_what_is_shared_adds_up_to_the_last_digit(
    amount: Decimal, weights: dict[str, Decimal]
) -> None:
    if sum(weights.values()) != 0:
        assert sum(shared(amount, weights).values()) == amount


def test_one_run_alone_owns_its_fill() -> None:
    assert split(d("4"), wanting(trend="5"), {}) == {"trend": d("4")}
    assert split(d("4"), Origin(run="trend"), {"other": d("-9")}) == {"trend": d("4")}


def test_runs_share_by_what_they_lack() -> None:
    held = {"a": d("1"), "b": d("0")}
    assert split(d("3"), wanting(a="3", b="1"), held) == {"a": d("2"), "b": d("1")}


def test_a_partial_fill_is_shared_as_the_whole_would_be() -> None:
    origin = wanting(a="6", b="3")
    first = split(d("3"), origin, {})
    assert first == {"a": d("2"), "b": d("1")}
    assert split(d("6"), origin, first) == {"a": d("4"), "b": d("2")}


def test_whoever_wants_the_other_side_has_no_part_in_it() -> None:
    assert split(d("2"), wanting(a="5", b="-3"), {}) == {"a": d("2")}


def test_lots_are_not_broken_and_the_rest_goes_to_who_lacks_most() -> None:
    parts = split(d("10"), wanting(a="4", b="4", c="5"), {})
    assert parts == {"a": d("3"), "b": d("3"), "c": d("4")}


def test_f18_a_fill_that_is_no_order_of_ours_is_the_outsides() -> None:
    assert split(d("-5"), None, {"a": d("5")}) == {OUTSIDE: d("-5")}


def test_an_order_of_nobody_closes_what_each_holds() -> None:
    held = {"a": d("4"), OUTSIDE: d("2"), "short": d("-1")}
    assert split(d("-3"), Origin(), held) == {"a": d("-2"), OUTSIDE: d("-1")}


def test_a_run_that_wants_no_more_closes_with_the_next_order() -> None:
    assert split(d("-4"), wanting(b="0"), {"gone": d("4")}) == {"gone": d("-4")}


def test_an_order_that_nobody_lacks_any_more_is_its_runs() -> None:
    assert split(d("2"), wanting(a="5", b="1"), {"a": d("5"), "b": d("1")}) == {
        "a": d("2")
    }
