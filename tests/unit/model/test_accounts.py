"""An account is made of finite amounts, or refused."""

from decimal import Decimal

import msgspec
import pytest

from tests.fake_exchange import a_position, a_state
from threet.model.errors import InvalidValueError

POSITION, STATE = a_position("BTC"), a_state(1_700_000_000_000)
CASES = [
    (whole, name)
    for whole in (POSITION, STATE)
    for name in whole.__struct_fields__
    if isinstance(getattr(whole, name), Decimal) or name == "liquidation_price"
]


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize(("whole", "name"), CASES, ids=[name for _, name in CASES])
def test_every_amount_is_finite(whole: msgspec.Struct, name: str, amount: str) -> None:
    with pytest.raises(InvalidValueError, match=name):
        msgspec.structs.replace(whole, **{name: Decimal(amount)})
