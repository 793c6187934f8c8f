"""A value set in a YAML file leaves every other character as it was."""

import pytest
import yaml

from threet.cli.yaml_text import value_at, with_value
from threet.model.errors import ConfigurationError

PATH = ("exchanges", "hyperliquid", "network")
WRITTEN = """\
# mine
market_data:
  books: [BTC]   # whole books

exchanges:
  hyperliquid:
    network: simulator     # mainnet | testnet
    weight_per_minute: 1200
"""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        WRITTEN,
        "web:\n  port: 80",
        "exchanges:\n",
        "exchanges:\n  hyperliquid:\n",
        "exchanges:\n  hyperliquid:\n    # why\n    weight_per_minute: 900\nweb: {}\n",
        "exchanges:\n    hyperliquid:\n        weight_per_minute: 900\n",
        "exchanges: {hyperliquid: {network: mainnet}}\n",
    ],
)
def test_only_the_value_changes(text: str) -> None:
    changed = with_value(text, PATH, "testnet")
    assert value_at(changed, PATH) == "testnet"
    before = [line for line in text.splitlines() if "network" not in line]
    kept = changed.splitlines()
    assert [line for line in kept if line in before] == before
    old, new = yaml.safe_load(text) or {}, yaml.safe_load(changed)
    assert {**old, "exchanges": None} == {**new, "exchanges": None}


def test_a_comment_behind_the_value_stays() -> None:
    changed = with_value(WRITTEN, PATH, "testnet")
    assert '    network: "testnet"     # mainnet | testnet\n' in changed
    assert changed.replace('"testnet"', "simulator") == WRITTEN


@pytest.mark.parametrize(
    "text", ["exchanges: {hyperliquid: {}}\n", "exchanges: {a: 1}\n", "- a\n"]
)
def test_what_cannot_be_done_for_certain_is_left_to_its_owner(text: str) -> None:
    with pytest.raises(ConfigurationError, match="by hand"):
        with_value(text, PATH, "testnet")


def test_a_value_that_is_not_there_is_none() -> None:
    assert value_at("", PATH) is None
    assert value_at("exchanges: 3", PATH) is None
