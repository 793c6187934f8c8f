"""Where settings are written: two YAML files and the environment."""

import stat
from collections.abc import Mapping
from pathlib import Path

import yaml

CONFIG_FILE = "config.yml"
SECRETS_FILE = "secrets.yml"
PREFIX = "THREET_"
# Variables with our prefix that are no settings: they say where the files are.
CONFIG_VARIABLE = "THREET_CONFIG"
SECRETS_VARIABLE = "THREET_SECRETS"

_SECRETS = ("password", "private_key", "webhook_url")

Tree = dict[str, "Tree | object"]


class _UniqueKeyLoader(yaml.SafeLoader):
    """Safe loading that refuses a key written twice: the second would win unseen."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[object, object]:
        names = [key.value for key, _ in node.value]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            mark = node.start_mark
            raise yaml.MarkedYAMLError(
                problem=f"key {min(twice)!r} stands twice", problem_mark=mark
            )
        return super().construct_mapping(node, deep=deep)


def read_file(path: Path, *, is_secret: bool) -> tuple[Tree, list[str]]:
    """The file's tree, or an empty one and the reasons why it is refused.

    A reason names line and column, never the text that stands there.
    """
    reasons = _permission_reasons(path) if is_secret else []
    if reasons:
        return {}, reasons
    try:
        # ruff's S506 knows only the loaders of PyYAML itself; this is a SafeLoader.
        tree = yaml.load(path.read_bytes(), Loader=_UniqueKeyLoader)  # noqa: S506
    except OSError as error:
        return {}, [f"{path}: cannot be read ({error.strerror})"]
    except yaml.YAMLError as error:
        return {}, [f"{path}: is not YAML{_place(error)}"]
    except (ValueError, RecursionError):  # a date of month 13, a thousand brackets
        return {}, [f"{path}: is not YAML"]
    if not isinstance(tree, dict | None):
        return {}, [f"{path}: must hold keys and values"]
    return tree or {}, []


def secrets_in(tree: Tree, path: str = "") -> list[str]:
    """Paths of the secrets that stand in a tree."""
    found = []
    for key, value in tree.items():
        here = f"{path}.{key}".removeprefix(".")
        if isinstance(value, dict):
            found += secrets_in(value, here)
        elif key in _SECRETS and value is not None:
            found.append(here)
    return found


def _permission_reasons(path: Path) -> list[str]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        return [f"{path}: cannot be read ({error.strerror})"]
    if mode & 0o077:
        return [
            f"{path}: is readable by others (mode {mode:04o}); run: chmod 600 {path}"
        ]
    return []


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return ""
    problem = getattr(error, "problem", "") or ""
    twice = f": {problem}" if problem.endswith("stands twice") else ""
    return f" at line {mark.line + 1}, column {mark.column + 1}{twice}"


def merged(base: Tree, over: Tree) -> Tree:
    """``over`` wins; sections are merged key by key."""
    result = dict(base)
    for key, value in over.items():
        before = result.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            result[key] = merged(before, value)
        else:
            result[key] = value
    return result


def from_environment(environment: Mapping[str, str]) -> Tree:
    """``THREET_REDIS__PORT=6380`` becomes {"redis": {"port": 6380}}.

    An empty value unsets; one in brackets is a list; all else stays the text it is.
    """
    tree: Tree = {}
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in (CONFIG_VARIABLE, SECRETS_VARIABLE):
            continue
        path = name.removeprefix(PREFIX).lower().split("__")
        leaf: Tree = {path[-1]: _scalar(path[-1], environment[name])}
        for part in reversed(path[:-1]):
            leaf = {part: leaf}
        tree = merged(tree, leaf)
    return tree


def _scalar(name: str, text: str) -> object:
    if not text:
        return None  # an empty variable unsets what a file says
    if name in _SECRETS or text.startswith("0x"):
        return text
    if text.startswith("["):
        try:
            return yaml.safe_load(text)
        except yaml.YAMLError:
            return text
    return text
