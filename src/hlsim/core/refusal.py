"""A whole request refused: the text that /exchange answers with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """Not done, and why; ``text`` is what the wire says (§3.4)."""

    text: str
