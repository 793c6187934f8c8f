"""What rests is a picture of one moment: replaced as a whole, unknown before it."""

from decimal import Decimal

import msgspec
import pytest

from tests.contract.conftest import OpenDatabase
from threet.adapters.sql.order_store import SqlOrderStore
from threet.model.orders import OrderReport, Side

MINE, OTHER = "0x" + "a1" * 20, "0x" + "b2" * 20
QUOTE = OrderReport(
    symbol="BTC",
    oid=2**52,
    cloid="0x" + "1" * 32,
    side=Side.SELL,
    quantity=Decimal("0.10000"),
    remaining=Decimal("0.04"),
    limit_price=Decimal("100250.5"),
    status="open",
    status_ms=7,
)


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_what_rests_is_replaced_as_a_whole(
    kind: str, open_database: OpenDatabase
) -> None:
    database = open_database(kind)
    mine, other = (SqlOrderStore(database, account=one) for one in (MINE, OTHER))
    assert mine.working() is None
    stop = msgspec.structs.replace(
        QUOTE, oid=3, cloid=None, reduce_only=True, trigger_price=Decimal(90_000)
    )
    mine.replace([QUOTE, stop], 10)
    other.replace([QUOTE], 11)
    seen = mine.working()
    assert seen is not None
    assert list(seen.orders) == [stop, QUOTE]
    assert seen.as_of_ms == 10
    mine.replace([], 12)
    after = mine.working()
    assert after is not None
    assert (list(after.orders), after.as_of_ms) == ([], 12)
    left = other.working()
    assert left is not None
    assert list(left.orders) == [QUOTE]
