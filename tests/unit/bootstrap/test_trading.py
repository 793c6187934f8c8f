"""Who may not trade is told so at the start, in a sentence without a key (R22, S4)."""

from decimal import Decimal
from pathlib import Path

import pytest

from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.bootstrap import processes
from threet.bootstrap import settings as root
from threet.bootstrap.order_gateway import order_gateway
from threet.bootstrap.trader import trader
from threet.model.decisions import Decision, Granted
from threet.model.errors import ConfigurationError

# A key of nobody, for this test only.
KEY = "0x" + "5e" * 32
PREFIX = "THREET_EXCHANGES__HYPERLIQUID__"
OTHER = "0x" + "1" * 40


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THREET_REDIS__HOST", "127.0.0.1")
    root.config.cache_clear()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"NETWORK": "mainnet"}, "execution.on_mainnet"),
        ({}, "wallet_address"),
        ({"WALLET_ADDRESS": OTHER}, "private_key"),
        (
            {"WALLET_ADDRESS": Signer(KEY, "b").address, "PRIVATE_KEY": KEY},
            "is the account's own",
        ),
    ],
    ids=["mainnet", "no account", "no key", "master key"],
)
def test_o12_s4_f32_a_gateway_that_may_not_trade_does_not_start(
    settings: dict[str, str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(ConfigurationError, match=reason) as refused:
        order_gateway()
    assert KEY not in str(refused.value)
    root.config.cache_clear()


def test_s4_a_master_key_signs_where_it_is_forced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = {"WALLET_ADDRESS": Signer(KEY, "b").address, "PRIVATE_KEY": KEY}
    for name, value in {**own, "ALLOW_OWN_KEY": "true"}.items():
        monkeypatch.setenv(PREFIX + name, value)
    assert order_gateway().address == own["WALLET_ADDRESS"]
    root.config.cache_clear()


def test_a_run_that_is_configured_no_more_wants_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else it would go on trading, and `3t why` would not tell."""
    monkeypatch.setenv(PREFIX + "WALLET_ADDRESS", OTHER)
    settings = root.config()
    processes.prepared_database(settings)
    store = SqlDecisionStore(processes.database(settings))
    store.begin("gone", "buy_and_hold", "{}", 1)
    granted = Granted(symbol="SOL", quantity=Decimal(5))
    decision = Decision(
        decision_id="gone/1",
        run="gone",
        event="candle SOL 1m 1",
        at_ms=1,
        because="it holds",
        granted=(granted,),
    )
    store.record(decision, {})
    assert len(store.targets()) == 1
    trader()
    assert store.targets() == []
    root.config.cache_clear()
