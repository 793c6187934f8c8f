"""Whatever a panel or an alert asks of the running platform's Prometheus has an answer.

A panel is asked as it is. An alert has no answer while all is well, so each metric that
it asks for is asked instead, and must be there: an alert about nothing never fires.
"""

import time
from collections.abc import Iterator, Mapping, Sequence

import pytest
import urllib3

from tests.prometheus.expressions import Asked, of_alerts, of_panels
from tests.prometheus.names import selectors

# As Grafana has it at a scrape each 15 s.
RATE_INTERVAL = "1m"
# A rate needs two scrapes, and some tasks run each minute.
PATIENCE_SECS = 300
AGAIN_SECS = 5
# What exists only after something went wrong: what must exist beside it is asked.
INSTEAD = {
    "threet_exchange_errors_total": "threet_exchange_requests_total",
    'threet_exchange_errors_total{error_type="rate_limit"}': (
        "threet_exchange_requests_total"
    ),
    'threet_task_duration_seconds_count{outcome!="SUCCESS"}': (
        "threet_task_duration_seconds_count"
    ),
    'threet_balance_readings_total{outcome=~"failed|suspect"}': (
        "threet_balance_readings_total"
    ),
    'http_server_request_duration_seconds_count{http_response_status_code=~"5.."}': (
        "http_server_request_duration_seconds_count"
    ),
    '{__name__=~"otelcol_exporter_send_failed_spans(_total)?"}': (
        '{__name__=~"otelcol_exporter_sent_spans(_total)?"}'
    ),
}


def of_every_alert() -> Iterator[Asked]:
    for alert in of_alerts():
        for one in selectors(alert.expression):
            yield Asked(alert.where, INSTEAD.get(one.text, one.text))


def answered(asked: Asked, url: str, login: str) -> bool:
    """Whether there is a number; not a number is none."""
    query = asked.expression.replace("$__rate_interval", RATE_INTERVAL)
    answer = urllib3.request(
        "GET",
        f"{url}/api/v1/query",
        fields={"query": query},
        headers=urllib3.make_headers(basic_auth=login),
        timeout=10.0,
    )
    result = answer.json()["data"]["result"]
    return any(one["value"][1] != "NaN" for one in result)


def silent(every: Sequence[Asked], url: str, login: str) -> Sequence[Asked]:
    """What has no answer within the patience there is."""
    deadline = time.monotonic() + PATIENCE_SECS
    while left := [asked for asked in every if not answered(asked, url, login)]:
        if time.monotonic() > deadline:
            return left
        time.sleep(AGAIN_SECS)
        every = left
    return []


@pytest.mark.parametrize("kind", ["panels", "alerts"])
def test_every_expression_has_an_answer(
    kind: str, passwords: Mapping[str, str]
) -> None:
    every = of_panels() if kind == "panels" else [*of_every_alert()]
    url = f"http://127.0.0.1:{passwords.get('PROMETHEUS_PORT', '9090')}"
    found = silent(every, url, f"admin:{passwords['PROMETHEUS_PASSWORD']}")
    assert [f"{one.where}: {one.expression}" for one in found] == []


def test_what_is_asked_instead_stands_for_something_that_is_asked() -> None:
    texts = {one.text for each in of_alerts() for one in selectors(each.expression)}
    assert set(INSTEAD) <= texts
