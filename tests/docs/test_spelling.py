"""What users read is spelled one way, as the code is: the American."""

import re
from pathlib import Path

import pytest

from tests.docs.documents import PAGES, ROOT, name_of

TOLD = [
    *PAGES,
    *(ROOT / "src/threet/web/static").glob("*.js"),
    *(ROOT / "src/threet/web/static").glob("*.html"),
    *(ROOT / "src/threet/web").rglob("*.py"),
    *(ROOT / "src/threet/cli").glob("*.py"),
]
# CancelledError is Python's own.
BRITISH = re.compile(
    r"\b(?:un)?realis|\bcolour|\bbehaviour|\bcancelled\b|\bcancelling|\bfavour"
    r"|\brecognis|\borganis|\bsummaris|\bminimis|\boptimis",
    re.IGNORECASE,
)


@pytest.mark.parametrize("file", TOLD, ids=name_of)
def test_what_users_read_is_spelled_as_the_rest(file: Path) -> None:
    assert BRITISH.findall(file.read_text()) == []
