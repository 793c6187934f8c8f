"""hlsim answers with the keys and JSON types of the recorded real answers."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from hlsim.server.running import Server
from tests.contract.hlsim.conftest import WALLET

CASSETTES = Path("tests/data/hyperliquid/rest")
# Keys of 2023 that the exchange has dropped since (protocol document, §2.2).
GONE = {"maxTradeSzs"}


def recorded() -> list[tuple[str, dict[str, Any], Any]]:
    found = []
    for path in sorted(CASSETTES.glob("*.yaml")):
        for one in yaml.safe_load(path.read_text())["interactions"]:
            question = json.loads(one["request"]["body"])
            answer = json.loads(one["response"]["body"]["string"])
            found.append((f"{path.stem}-{question['type']}", question, answer))
    return found


def differences(real: Any, ours: Any, where: str = "$") -> list[str]:
    """Return what the real value has and ours lacks, key by key."""
    if real is None or ours is None:
        return []
    if type(real) is not type(ours):
        return [f"{where}: {type(real).__name__} became {type(ours).__name__}"]
    if isinstance(real, list):
        return list_differences(real, ours, where)
    if not isinstance(real, dict):
        return []
    if is_map_of_coins(real):
        return differences(next(iter(real.values())), next(iter(ours.values())), where)
    lacking = [f"{where}: no {key}" for key in real.keys() - ours.keys() - GONE]
    for key in real.keys() & ours.keys():
        lacking += differences(real[key], ours[key], f"{where}.{key}")
    return lacking


def list_differences(real: list[Any], ours: list[Any], where: str) -> list[str]:
    if not real or not ours:
        return []
    if any(isinstance(one, str | int) for one in real):  # a tuple: place by place
        pairs = list(zip(real, ours, strict=True))
    else:
        pairs = [(one, ours[0]) for one in real]
    return [d for one, other in pairs for d in differences(one, other, f"{where}[]")]


def is_map_of_coins(value: dict[str, Any]) -> bool:
    return "BTC" in value


def adapted(question: dict[str, Any], now_ms: int) -> dict[str, Any]:
    """Ask about our account and a time that our history covers."""
    changed = dict(question)
    if "user" in changed:
        changed["user"] = WALLET
    if "startTime" in changed:
        changed["startTime"] = now_ms - 7_200_000
        changed.pop("endTime", None)
    if "req" in changed:
        span = {"startTime": now_ms - 7_200_000, "endTime": now_ms}
        changed["req"] = {**changed["req"], **span}
    return changed


@pytest.mark.parametrize(
    ("question", "real"),
    [pytest.param(question, real, id=name) for name, question, real in recorded()],
)
async def test_recorded_answers_have_no_key_that_ours_lacks(
    server: Server, question: dict[str, Any], real: Any
) -> None:
    now_ms = server.exchange.market.next_ms(0)
    async with aiohttp.ClientSession() as client:
        body = adapted(question, now_ms)
        async with client.post(f"{server.url}/info", json=body) as answer:
            assert answer.status == 200
            ours = await answer.json()
    assert differences(real, ours) == []


def test_a_missing_key_and_a_changed_type_are_noticed() -> None:
    real = [{"a": "1", "b": [1, {"c": None}]}]
    assert differences(real, [{"a": 1, "b": [1, {"c": 2}]}]) == [
        "$[].a: str became int"
    ]
    assert differences(real, [{"a": "1"}]) == ["$[]: no b"]
