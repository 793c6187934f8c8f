"""JSON over HTTP with a user and a password, as Elasticsearch and Kibana take it."""

from collections.abc import Mapping

import msgspec
import urllib3

from threet.model.errors import DependencyError

NOT_FOUND = 404
UNAVAILABLE = 503
_REFUSED = 300
_TIMEOUT_SECS = 20.0


class ElasticClient:
    """Raises ``DependencyError`` that says what was asked and what was answered."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        user: str,
        password: str,
        timeout_secs: float = _TIMEOUT_SECS,
    ) -> None:
        self._name = name
        self._url = url.rstrip("/")
        login = urllib3.make_headers(basic_auth=f"{user}:{password}")
        self._headers = {**login, "kbn-xsrf": "3t", "content-type": "application/json"}
        self._pool = urllib3.PoolManager(
            retries=False, timeout=urllib3.Timeout(total=timeout_secs)
        )

    def __repr__(self) -> str:
        return f"ElasticClient({self._name!r}, {self._url!r})"

    def status(self, method: str, path: str) -> int:
        """Of an answer that may be a refusal; 503 when there is none."""
        try:
            return self._ask(method, path, None).status
        except DependencyError:
            return UNAVAILABLE

    def call(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> object:
        answer = self._ask(method, path, body)
        if answer.status >= _REFUSED:
            said = answer.data[:200].decode(errors="replace")
            reason = f"{method} {path}: HTTP {answer.status}: {said}"
            raise DependencyError(self._name, reason)
        try:
            return msgspec.json.decode(answer.data) if answer.data else None
        except msgspec.DecodeError as error:
            raise DependencyError(
                self._name, f"{method} {path}: is not JSON"
            ) from error

    def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(
                method,
                self._url + path,
                body=None if body is None else msgspec.json.encode(body),
                headers=self._headers,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            reason = f"{method} {path}: {type(error).__name__}"
            raise DependencyError(self._name, reason) from error
