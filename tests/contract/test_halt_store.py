"""A halt stays until it is resumed, whatever is restarted (B10)."""

import pytest

from tests.contract.conftest import OpenDatabase
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.ports.halt_store import KILL_SWITCH, Halt

MINE, OTHER = "0x" + "a1" * 20, "0x" + "b2" * 20


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_a_halt_is_of_one_account_and_of_its_first_reason(
    kind: str, open_database: OpenDatabase
) -> None:
    database = open_database(kind)
    mine, other = (SqlHaltStore(database, account=one) for one in (MINE, OTHER))
    assert mine.halt(KILL_SWITCH, "by hand", 5)
    assert not mine.halt(KILL_SWITCH, "again", 6)
    assert mine.halt("mismatch", "BTC", 7)
    again = SqlHaltStore(database, account=MINE)
    assert Halt(cause=KILL_SWITCH, reason="by hand", since_ms=5) in again.halts()
    assert other.halts() == []
    assert again.resume(KILL_SWITCH)
    assert not again.resume(KILL_SWITCH)
    assert [one.cause for one in mine.halts()] == ["mismatch"]
