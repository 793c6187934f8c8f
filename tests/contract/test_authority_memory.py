"""That a key may trade is kept for this key and this account alone."""

from collections.abc import Callable

import pytest
import redis

from threet.accounts.authority import Authority
from threet.accounts.trading_rights import AuthorityMemory
from threet.adapters.memory.authority_memory import MemoryAuthorityMemory
from threet.adapters.redis_state import keys
from threet.adapters.redis_state.authority_memory import RedisAuthorityMemory
from threet.model.errors import DependencyError

ACCOUNT, SIGNER, OTHER = ("0x" + letter * 40 for letter in "abc")
KEY = keys.authority("testnet", ACCOUNT, SIGNER, allows_own=False)
FOUND = Authority(vault=ACCOUNT, valid_until_ms=2**45)


WHOSE = {"network": "testnet", "account": ACCOUNT, "signer": SIGNER}


def of(client: "redis.Redis", **other: str) -> RedisAuthorityMemory:
    return RedisAuthorityMemory(client, allows_own=False, **{**WHOSE, **other})


@pytest.mark.parametrize("kind", ["memory", "redis"])
def test_what_was_kept_is_recalled_until_it_is_forgotten(
    kind: str, request: pytest.FixtureRequest
) -> None:
    made: dict[str, Callable[[], AuthorityMemory]] = {
        "memory": MemoryAuthorityMemory,
        "redis": lambda: of(request.getfixturevalue("valkey_client")),
    }
    memory = made[kind]()
    assert memory.recall() is None
    for found in (FOUND, Authority()):
        memory.keep(found)
        assert memory.recall() == found
    memory.forget()
    memory.forget()
    assert memory.recall() is None


def test_it_is_of_one_key_and_one_account_and_ends_with_the_day(
    valkey_client: "redis.Redis",
) -> None:
    of(valkey_client).keep(FOUND)
    # An address is the same in any case.
    assert of(valkey_client, signer="0x" + "B" * 40).recall() == FOUND
    for other in ({"network": "mainnet"}, {"account": OTHER}, {"signer": OTHER}):
        assert of(valkey_client, **other).recall() is None
    left = valkey_client.ttl(KEY)
    assert 86_000 < int(str(left)) <= 86_400


def test_s4_a_key_that_was_allowed_to_withdraw_is_not_remembered_where_it_is_not(
    valkey_client: "redis.Redis",
) -> None:
    """Of a sub-account its master's key can be told from an agent's by asking only."""
    allowing = RedisAuthorityMemory(valkey_client, allows_own=True, **WHOSE)
    allowing.keep(FOUND)
    assert of(valkey_client).recall() is None
    assert allowing.recall() == FOUND


def test_what_cannot_be_read_is_not_known(
    valkey_client: "redis.Redis",
) -> None:
    valkey_client.set(KEY, b'{"vault":7}')
    assert of(valkey_client).recall() is None
    with redis.Redis(port=1) as nobody, pytest.raises(DependencyError):
        of(nobody).recall()
