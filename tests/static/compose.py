"""The compose files as compose reads them, merged, without a Docker to ask."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
VARIANTS = {
    "full": ("docker-compose.yml",),
    "light": ("docker-compose.yml", "docker-compose.light.yml"),
    "prod": ("docker-compose.yml", "docker-compose.prod.yml"),
}
Tree = dict[str, Any]


class _Override:
    def __init__(self, value: object) -> None:
        self.value = value


class _Reset:
    pass


class _Loader(yaml.SafeLoader):
    """Knows the two tags with which a later file replaces instead of adding."""


def _override(loader: _Loader, node: yaml.Node) -> _Override:
    if isinstance(node, yaml.SequenceNode):
        return _Override(loader.construct_sequence(node, deep=True))
    assert isinstance(node, yaml.MappingNode)
    return _Override(loader.construct_mapping(node, deep=True))


_Loader.add_constructor("!override", _override)
_Loader.add_constructor("!reset", lambda _loader, _node: _Reset())


@cache
def merged(variant: str) -> Tree:
    tree: Tree = {}
    for name in VARIANTS[variant]:
        # A SafeLoader: it makes two more kinds of plain values.
        text = (ROOT / name).read_text()
        tree = _merge(tree, yaml.load(text, Loader=_Loader))  # noqa: S506
    return {key: value for key, value in tree.items() if not key.startswith("x-")}


@cache
def services(variant: str) -> Mapping[str, Tree]:
    """Those that start: neither left out nor of a profile nobody chose."""
    return {
        name: service
        for name, service in merged(variant)["services"].items()
        if "elastic" not in service.get("profiles", ())
    }


def _merge(base: Any, over: Any) -> Any:
    if isinstance(over, _Override):
        return over.value
    if isinstance(over, dict):
        result = dict(base) if isinstance(base, dict) else {}
        for key, value in over.items():
            if isinstance(value, _Reset):
                result.pop(key, None)
            else:
                result[key] = _merge(result.get(key), value)
        return result
    if isinstance(over, list) and isinstance(base, list):
        return [*base, *over]
    return over
