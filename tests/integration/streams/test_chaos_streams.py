"""What a run of chaos looks for in Redis is found where it is, and only there."""

import pytest
import redis

from tests.chaos.streams import BALANCES, DEAD_LETTERS, Streams


def tell(client: redis.Redis, account_ms: int) -> None:
    fields: dict[str, str] = {
        "id": f"balance/0xa/{account_ms}",
        "event_ms": str(account_ms),
    }
    client.xadd(BALANCES, fields)  # type: ignore[arg-type]  # invariant dict


@pytest.fixture
def streams(valkey_client: redis.Redis) -> Streams:
    for account_ms in (100, 200, 300):
        tell(valkey_client, account_ms)
    valkey_client.xgroup_create(BALANCES, "tests", id="0", entries_read=0)
    return Streams(valkey_client)


def test_money_that_was_trimmed_is_found(
    streams: Streams, valkey_client: redis.Redis
) -> None:
    assert streams.money_trimmed() == 0
    valkey_client.xtrim(BALANCES, maxlen=1, approximate=False)
    assert streams.money_trimmed() == 2


def test_what_was_trimmed_unread_is_told_apart_from_what_was_read(
    streams: Streams, valkey_client: redis.Redis
) -> None:
    valkey_client.xreadgroup("tests", "one", {BALANCES: ">"}, count=1)
    valkey_client.xtrim(BALANCES, maxlen=1, approximate=False)
    tally = streams.tally(BALANCES)
    assert tally is not None
    assert (tally.added, tally.trimmed, tally.unread) == (3, 2, {"tests": 1})


def test_money_is_behind_until_it_is_acknowledged(
    streams: Streams, valkey_client: redis.Redis
) -> None:
    assert streams.money_behind() == 3
    valkey_client.xreadgroup("tests", "one", {BALANCES: ">"}, count=2)
    assert streams.money_behind() == 3
    for pending in valkey_client.xpending_range(BALANCES, "tests", "-", "+", 2):
        valkey_client.xack(BALANCES, "tests", pending["message_id"])
    assert streams.money_behind() == 1


def test_a_balance_told_again_is_in_order_and_an_old_one_told_late_is_not(
    streams: Streams, valkey_client: redis.Redis
) -> None:
    tell(valkey_client, 200)
    assert streams.told_out_of_order() == 0
    tell(valkey_client, 250)
    assert streams.told_out_of_order() == 1


def test_dead_letters_are_found(streams: Streams, valkey_client: redis.Redis) -> None:
    assert streams.dead_letters() == 0
    valkey_client.xadd(DEAD_LETTERS, {"reason": "poison"})
    assert streams.dead_letters() == 1
