"""Readings of the account's actions are kept for hours, each account's apart."""

import redis

from threet.adapters.redis_state.address_ledger import RedisAddressLedger
from threet.model.accounts import AddressUse

T0 = 1_767_225_600_000
ADDRESS = "0x" + "aB" * 20


def test_the_newest_readings_are_kept_oldest_first(
    valkey_client: "redis.Redis",
) -> None:
    ledger = RedisAddressLedger(valkey_client)
    uses = [AddressUse(used=n, cap=10_000, read_ms=T0 + n) for n in range(80)]
    for use in uses:
        ledger.note(ADDRESS, use)
    assert ledger.readings(ADDRESS.lower()) == uses[-72:]
    assert not ledger.readings("0x" + "1" * 40)
    assert not RedisAddressLedger(valkey_client, network="mainnet").readings(ADDRESS)


def test_a_reading_of_another_version_is_left_out(
    valkey_client: "redis.Redis",
) -> None:
    ledger = RedisAddressLedger(valkey_client)
    valkey_client.lpush(f"threet:address-use:simulator:{ADDRESS.lower()}", b"{}")
    ledger.note(ADDRESS, AddressUse(used=1, cap=2, read_ms=T0))
    assert [use.used for use in ledger.readings(ADDRESS)] == [1]
