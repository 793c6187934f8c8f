"""Health and account as metrics; what is not known has no reading."""

from threet.adapters.telemetry.instruments import CATALOGUE
from threet.ports.gap_store import GapCounts
from threet.ports.telemetry import Reading
from threet.web.answers import (
    AccountAnswer,
    BalancesAnswer,
    CoverageAnswer,
    DependencyAnswer,
    GroupAnswer,
    HealthAnswer,
    PositionAnswer,
    PositionsAnswer,
    ProcessAnswer,
    StreamAnswer,
)
from threet.web.platform_readings import platform_readings

_CATALOGUED = {one.name: one for one in CATALOGUE}


def _health(**changes: object) -> HealthAnswer:
    fields = {
        "status": "degraded",
        "is_ready": True,
        "now_ms": 10_000,
        "network": "simulator",
        "reasons": ["one"],
        "dependencies": [
            DependencyAnswer(name="redis", state="up"),
            DependencyAnswer(name="database", state="down"),
            DependencyAnswer(name="exchange", state="unknown"),
        ],
        "processes": [
            ProcessAnswer(name="web", state="alive", age_ms=500),
            ProcessAnswer(name="celery_beat", state="missing"),
        ],
        "streams": [
            StreamAnswer(
                stream="prices:updated",
                length=7,
                newest_entry_ms=9_000,
                age_ms=1000,
                groups=[GroupAnswer(group="mine", consumers=1, pending=2, lag=None)],
            )
        ],
        "prices": CoverageAnswer(symbols=3, fresh=2, stale=1, missing=0),
        "messages_per_sec": 0.0,
        "rate_budget": None,
    }
    return HealthAnswer.model_validate({**fields, **changes})


def _account() -> AccountAnswer:
    address = "0x" + "1" * 40
    position = PositionAnswer(
        symbol="kPEPE",
        side="short",
        quantity="-90000",
        entry_price="0.01",
        leverage=5,
        margin_mode="cross",
        margin_used="1",
        position_value="837.54",
        unrealized_pnl="-18.54",
        liquidation_price=None,
        funding_since_open="0",
    )
    return AccountAnswer(
        balances=BalancesAnswer(
            address=address,
            state="fresh",
            account_ms=8_000,
            age_ms=2000,
            account_value="100.5",
            withdrawable="99",
            total_margin_used=None,
            total_notional="837.54",
            maintenance_margin=None,
            history=[],
        ),
        positions=PositionsAnswer(
            address=address,
            state="fresh",
            account_ms=8_000,
            age_ms=2000,
            positions=[position],
        ),
    )


def test_each_reading_is_of_the_catalogue_with_its_attributes() -> None:
    gaps = GapCounts(open=1, given_up=2)
    for reading in platform_readings(_health(), _account(), gaps):
        one = _CATALOGUED[reading.instrument]
        assert set(reading.attributes) == set(one.attributes)


def test_what_is_unknown_has_no_reading() -> None:
    found = platform_readings(_health(prices=None), None, None)
    names = {reading.instrument for reading in found}
    assert not names & {"threet.prices", "threet.candle_gaps", "threet.account.value"}
    assert "threet.stream.lag" not in names  # Redis could not tell it
    up = {
        r.attributes["dependency"]: r.value
        for r in found
        if "dependency" in r.attributes
    }
    assert up == {"redis": 1, "database": 0}  # the exchange was not asked yet


def test_a_process_nobody_saw_is_not_alive_and_has_no_silence() -> None:
    found = platform_readings(_health(), None, None)
    assert Reading("threet.process.alive", 0, {"process": "celery_beat"}) in found
    silences = [r for r in found if r.instrument == "threet.process.silence"]
    assert silences == [Reading("threet.process.silence", 0.5, {"process": "web"})]


def test_an_amount_nobody_read_is_left_out() -> None:
    found = {
        r.instrument: r.value for r in platform_readings(_health(), _account(), None)
    }
    assert "threet.account.margin_used" not in found
    assert found["threet.account.value"] == 100.5
    assert found["threet.account.age"] == 2.0
    assert found["threet.position.quantity"] == -90000
