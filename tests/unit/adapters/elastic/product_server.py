"""A server of JSON with the habits of Kibana and Elasticsearch that matter to us."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USER, PASSWORD = "elastic", "secret-of-elastic"
_LOGIN = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
_VIEWS = "/api/data_views/data_view"


class Product:
    """Its state; a request is answered with (status, body)."""

    def __init__(self) -> None:
        self.status = 200
        self.views: dict[str, dict[str, object]] = {}
        self.indices: list[str] = []
        self.writes: list[str] = []
        self.url = ""

    def answer(self, method: str, path: str, body: object) -> tuple[int, object]:
        path = path.partition("?")[0]
        if path == "/api/status":
            return self.status, {}
        if method == "GET" and path == "/_cat/indices":
            return 200, [{"index": name} for name in self.indices]
        if method == "GET":
            view = self.views.get(path.rpartition("/")[2])
            return (404, {}) if view is None else (200, {"data_view": view})
        self.writes.append(f"{method} {path}")
        if method == "DELETE":
            self.indices.remove(path[1:])
            return 200, {"acknowledged": True}
        return self._create(path, body)

    def _create(self, path: str, body: object) -> tuple[int, object]:
        assert path == _VIEWS
        assert isinstance(body, dict)
        view = body["data_view"]
        if any(view["name"] == known["name"] for known in self.views.values()):
            return 400, {"message": f"Duplicate data view: {view['name']}"}
        self.views[view["id"]] = view
        return 200, {"data_view": view}


@contextmanager
def serving(product: Product) -> Iterator[Product]:
    class Answers(BaseHTTPRequestHandler):
        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            status: int = 401
            body: object = {"error": "security_exception"}
            if self.headers["authorization"] == _LOGIN:
                said = json.loads(raw) if raw else None
                status, body = product.answer(self.command, self.path, said)
            if self.command == "POST" and "kbn-xsrf" not in self.headers:
                status, body = 400, {"message": "must contain a kbn-xsrf header"}
            encoded = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815  # names of the base class

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    product.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield product
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
