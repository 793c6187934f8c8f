"""The rule of §3.3: per signer the 100 highest nonces, inside a window of time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hlsim.core.nonces import FUTURE_MS, KEPT, PAST_MS, Nonces, check_expiry
from hlsim.core.refusal import Refused

NOW = 1_790_000_000_000
SIGNER = "0x" + "01" * 20
OTHER = "0x" + "02" * 20


def test_an_unused_nonce_is_accepted_once() -> None:
    nonces = Nonces()
    assert nonces.take(SIGNER, NOW, NOW) is None
    duplicate = Refused(f"Invalid nonce: duplicate nonce {NOW}")
    assert nonces.take(SIGNER, NOW, NOW) == duplicate


def test_every_signer_has_nonces_of_its_own() -> None:
    nonces = Nonces()
    assert nonces.take(SIGNER, NOW, NOW) is None
    assert nonces.take(OTHER, NOW, NOW) is None


def test_nonces_may_come_in_any_order() -> None:
    nonces = Nonces()
    for nonce in (NOW + 5, NOW + 1, NOW + 3, NOW):
        assert nonces.take(SIGNER, nonce, NOW) is None


def test_a_nonce_below_the_smallest_kept_is_refused() -> None:
    nonces = Nonces()
    for nonce in range(NOW, NOW + KEPT):
        assert nonces.take(SIGNER, nonce, NOW) is None
    low = Refused(f"Invalid nonce: nonce too low {NOW - 1} < {NOW}")
    assert nonces.take(SIGNER, NOW - 1, NOW) == low


def test_below_the_smallest_is_free_until_a_hundred_are_kept() -> None:
    nonces = Nonces()
    for nonce in range(NOW, NOW + KEPT - 1):
        nonces.take(SIGNER, nonce, NOW)
    assert nonces.take(SIGNER, NOW - 1, NOW) is None


def test_a_nonce_that_fell_out_of_the_hundred_is_too_low_not_a_duplicate() -> None:
    nonces = Nonces()
    for nonce in range(NOW, NOW + KEPT + 1):
        nonces.take(SIGNER, nonce, NOW)
    low = Refused(f"Invalid nonce: nonce too low {NOW} < {NOW + 1}")
    assert nonces.take(SIGNER, NOW, NOW) == low


def test_a_refused_nonce_is_not_used_up() -> None:
    nonces = Nonces()
    ahead = NOW + FUTURE_MS
    assert nonces.take(SIGNER, ahead, NOW)
    assert nonces.take(SIGNER, ahead, NOW + 1) is None


def test_the_window_is_two_days_back_and_one_day_ahead_both_ends_excluded() -> None:
    nonces = Nonces()
    oldest, newest = NOW - PAST_MS, NOW + FUTURE_MS
    assert nonces.take(SIGNER, oldest + 1, NOW) is None
    assert nonces.take(SIGNER, newest - 1, NOW) is None
    assert nonces.take(SIGNER, oldest - 1, NOW) == Refused(
        f"Invalid nonce: nonce too low {oldest - 1} < {oldest}"
    )
    assert nonces.take(SIGNER, newest + 1, NOW) == Refused(
        f"Invalid nonce: nonce too high {newest + 1} > {newest}"
    )
    assert nonces.take(SIGNER, oldest, NOW)
    assert nonces.take(SIGNER, newest, NOW)


def test_a_forgotten_agents_nonces_can_be_replayed() -> None:
    nonces = Nonces()
    nonces.take(SIGNER, NOW, NOW)
    nonces.forget(SIGNER)
    assert nonces.take(SIGNER, NOW, NOW) is None


def test_signers_are_forgotten_once_the_window_has_passed_their_nonces() -> None:
    nonces = Nonces()
    for day in range(20):
        now_ms = NOW + 2 * day * PAST_MS
        for number in range(1000):
            nonces.take(f"{day}-{number}", now_ms, now_ms)
    assert len(nonces) <= 2048


def test_a_crowd_of_signers_makes_none_forget_what_the_window_allows() -> None:
    nonces = Nonces()
    nonces.take(SIGNER, NOW, NOW)
    now_ms = NOW + PAST_MS - 1
    for number in range(3000):
        nonces.take(str(number), now_ms, now_ms)
    assert nonces.take(SIGNER, NOW, now_ms)


def test_a_refused_signer_takes_no_memory() -> None:
    nonces = Nonces()
    nonces.take(SIGNER, 1, NOW)
    assert len(nonces) == 0


class NaiveNonces:
    """Remembers everything, and looks the rule up in it."""

    def __init__(self) -> None:
        self.accepted: dict[str, list[int]] = {}

    def takes(self, signer: str, nonce: int, now_ms: int) -> bool:
        seen = self.accepted.setdefault(signer, [])
        kept = sorted(seen)[-KEPT:]
        fits = (
            now_ms - PAST_MS < nonce < now_ms + FUTURE_MS
            and nonce not in kept
            and (len(kept) < KEPT or nonce > kept[0])
        )
        if fits:
            seen.append(nonce)
        return fits


steps = st.lists(
    st.tuples(
        st.sampled_from((SIGNER, OTHER)),
        st.integers(-130, 130) | st.integers(-2 * PAST_MS, 2 * FUTURE_MS),
        st.sampled_from((0, 0, 0, 0, 1, FUTURE_MS)),
    ),
    min_size=50,
    max_size=200,
)


@settings(max_examples=60)
@given(prefill=st.sampled_from((0, 95, KEPT, 120)), steps=steps)
def test_what_is_accepted_is_what_the_rule_says(
    prefill: int, steps: list[tuple[str, int, int]]
) -> None:
    nonces, naive, now_ms = Nonces(), NaiveNonces(), NOW
    for nonce in range(NOW, NOW + prefill):
        assert (nonces.take(SIGNER, nonce, NOW) is None) is naive.takes(
            SIGNER, nonce, NOW
        )
    for signer, offset, passed in steps:
        now_ms += passed
        nonce = now_ms + offset
        accepted = nonces.take(signer, nonce, now_ms) is None
        assert accepted is naive.takes(signer, nonce, now_ms)


def test_an_action_counts_until_its_expiry_and_that_millisecond_too() -> None:
    assert check_expiry(None, NOW) is None
    assert check_expiry(NOW, NOW) is None
    assert check_expiry(NOW - 1, NOW) == Refused("Action already expired")
