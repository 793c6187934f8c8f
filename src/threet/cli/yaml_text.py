"""Sets a value in the text of a YAML file; every other character stays as it is."""

from collections.abc import Sequence

import yaml

from threet.model.errors import ConfigurationError

_STEP = 2


def with_value(text: str, path: Sequence[str], value: str) -> str:
    """``value`` is text without quotes in it, and is written in them.

    Raises ``ConfigurationError`` where it cannot be done for certain.
    """
    changed = _changed(text, path, f'"{value}"')
    if not _is_as_wanted(text, changed, path, value):
        raise ConfigurationError([f"{'.'.join(path)}: write it by hand"])
    return changed


def value_at(text: str, path: Sequence[str]) -> object:
    """None if it is not there."""
    found: object = yaml.safe_load(text)
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _changed(text: str, path: Sequence[str], value: str) -> str:
    """What is missing is put where the deepest key that is there begins; the text as
    it was where nobody can tell."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        return _appended(text, _lines(path, value, 0))
    key, depth = None, 0
    while depth < len(path) and (found := _entry(node, path[depth])):
        (key, node), depth = found, depth + 1
    left = path[depth:]
    if not left:
        return text[: node.start_mark.index] + value + text[node.end_mark.index :]
    if isinstance(node, yaml.MappingNode) and node.value:
        indent = node.value[0][0].start_mark.column
        return _inserted(text, node, _lines(left, value, indent))
    if key is not None and node.value == "":
        mark = key.start_mark
        return _after_line(text, mark.line, _lines(left, value, mark.column + _STEP))
    return text


def _entry(node: yaml.Node, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((pair for pair in node.value if pair[0].value == name), None)


def _lines(path: Sequence[str], value: str, indent: int) -> str:
    *sections, last = path
    found = [
        f"{' ' * (indent + _STEP * depth)}{name}:"
        for depth, name in enumerate(sections)
    ]
    found.append(f"{' ' * (indent + _STEP * len(sections))}{last}: {value}")
    return "\n".join(found) + "\n"


def _inserted(text: str, node: yaml.MappingNode, lines: str) -> str:
    """Before the first key of the mapping; at the end of the file for the outermost."""
    first = node.value[0][0].start_mark
    if first.column == 0:
        return _appended(text, lines)
    return _after_line(text, first.line - 1, lines)


def _appended(text: str, lines: str) -> str:
    return text + ("\n" if text and not text.endswith("\n") else "") + lines


def _after_line(text: str, number: int, lines: str) -> str:
    kept = text.splitlines(keepends=True)
    return "".join([*kept[: number + 1], lines, *kept[number + 1 :]])


def _is_as_wanted(before: str, after: str, path: Sequence[str], value: str) -> bool:
    """The same tree as before but for the value."""
    try:
        old, new = yaml.safe_load(before) or {}, yaml.safe_load(after)
    except yaml.YAMLError:
        return False
    if value_at(after, path) != value:
        return False
    section = old
    for name in path[:-1]:
        if section.get(name) is None:
            section[name] = {}
        section = section[name]
    section[path[-1]] = value
    return bool(old == new)
