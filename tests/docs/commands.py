"""The commands as they are: of `3t`, of `hlsim` and of the Makefile."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import typer
from typer.core import TyperGroup, TyperOption

from hlsim.cli import app as hlsim
from tests.docs.documents import ROOT
from threet.cli.main import app as threet


class Command(Protocol):
    """Typer's own class has no public name."""

    @property
    def params(self) -> Sequence[object]: ...


ROOTS: Mapping[str, Command] = {
    "3t": typer.main.get_command(threet),
    "hlsim": typer.main.get_command(hlsim),
}


def commands() -> Mapping[str, Command]:
    """Every command that does something, by its words: "3t db migrate"."""
    return {
        words: command
        for name, root in ROOTS.items()
        for words, command in _below(name, root)
    }


def _below(words: str, command: Command) -> Iterator[tuple[str, Command]]:
    if not isinstance(command, TyperGroup):
        yield words, command
        return
    for name, child in command.commands.items():
        yield from _below(f"{words} {name}", child)


def options(command: Command) -> set[str]:
    return {
        text
        for parameter in command.params
        if isinstance(parameter, TyperOption)
        for text in (*parameter.opts, *parameter.secondary_opts)
    } - {"--help"}


def targets() -> set[str]:
    text = (ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE))


def fault(line: str) -> str | None:
    """What is wrong with a line of shell that calls one of ours; None if nothing."""
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words.pop(0)
    if not words or words[0] not in (*ROOTS, "make"):
        return None
    program, *rest = words
    if program == "make":
        wanted = {word for word in rest if "=" not in word}
        unknown = wanted - targets()
        return f"make has no target {unknown}" if unknown else None
    return _fault_of(program, rest)


def _fault_of(program: str, words: list[str]) -> str | None:
    command: Command = ROOTS[program]
    while isinstance(command, TyperGroup) and words:
        child = command.commands.get(words[0])
        if child is None:
            return f"{program} has no command {words[0]}"
        command, words = child, words[1:]
    known = options(command) | {"--help"}
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    return f"{program}: no option {given - known}" if given - known else None
