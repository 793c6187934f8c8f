"""Requests to the published ports, with and without a password."""

import json
from typing import Any

import urllib3

_TIMEOUT_SECS = 10.0
_pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT_SECS)


def status(url: str, login: tuple[str, str] | None = None) -> int:
    """Of the answer; 0 when there is none."""
    try:
        return _asked(url, login).status
    except OSError:
        return 0


def fetched(url: str, login: tuple[str, str] | None = None) -> bytes:
    """Raises ``OSError`` when there is no answer, or a refusal."""
    answer = _asked(url, login)
    if answer.status >= 400:
        raise ConnectionRefusedError(f"{url}: HTTP {answer.status}")
    return answer.data


def told(url: str, login: tuple[str, str] | None = None) -> Any:
    return json.loads(fetched(url, login))


def _asked(url: str, login: tuple[str, str] | None) -> urllib3.BaseHTTPResponse:
    basic = None if login is None else ":".join(login)
    headers = urllib3.make_headers(basic_auth=basic)
    try:
        return _pool.request("GET", url, headers=headers, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        raise ConnectionError(f"{url}: {type(error).__name__}") from error
