"""What we ask of the exchange, what it answers, and how much we may still ask."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from setup.grafana.boards.boards import Row, board
from setup.grafana.boards.panels import (
    BAD,
    DOUBTFUL,
    GOOD,
    PanelBuilder,
    Query,
    Told,
    above,
    below,
    graph,
    none_but,
    quantiles,
    states,
    value,
)

_BREAKER = {0: ("closed", GOOD), 1: ("half-open", DOUBTFUL), 2: ("open", BAD)}
_SHARED = {0: ("own share", BAD), 1: ("shared", GOOD)}
# 0 only where requests are counted at all; a kind of error is told once it happened.
_NO_ERROR = "0 * sum(rate(threet_exchange_requests_total[$__rate_interval]))"


def exchange() -> Dashboard:
    return board(
        "threet-exchange",
        "3T / Exchange and network",
        "Requests, errors, breakers, and the budgets of weight and of actions.",
        [
            Row("Requests", _requests()),
            Row("Breakers", _breakers()),
            Row("Budget", _budget()),
        ],
    )


def _requests() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Requests",
                normal="a few a second, mostly the worker's.",
                otherwise="retries: the network. not asked: a budget or a breaker.",
            ),
            Query(
                "sum by (job) (rate(threet_exchange_requests_total[$__rate_interval]))",
                "{{job}}",
            ),
            Query(
                "sum(rate(threet_exchange_retries_total[$__rate_interval]))", "retries"
            ),
            Query(
                "sum(rate(threet_exchange_not_asked_total[$__rate_interval]))",
                "not asked",
            ),
            unit="reqps",
        ),
        graph(
            Told(
                title="Errors by kind",
                normal="one line at 0.",
                otherwise="rate_limit: RateLimited. dns, network_unreachable: this "
                "machine's network. server_error, timeout: the exchange.",
            ),
            Query(
                "sum by (error_type) "
                "(rate(threet_exchange_errors_total[$__rate_interval]))"
                f" or {_NO_ERROR}",
                "{{error_type}}",
            ),
            unit="cps",
        ),
        graph(
            Told(
                title="Duration of a try",
                normal="p99 below a second. The dots are traces: open one.",
                otherwise="above 10 s it times out; see ExchangeSlow.",
            ),
            *quantiles("threet_exchange_request_duration_seconds", "request"),
            unit="s",
            steps=below(1, 5),
        ),
    ]


def _breakers() -> list[PanelBuilder]:
    return [
        states(
            Told(
                title="Breakers",
                normal="all closed.",
                otherwise="open for 5 minutes after 5 failures; see BreakerOpen. "
                "Cancels have a breaker of their own.",
            ),
            Query(
                "max by (job, request_class) (threet_exchange_breaker_state)",
                "{{job}} {{request_class}}",
            ),
            words=_BREAKER,
        ),
        graph(
            Told(
                title="Openings, failed checks, new connections, in 15 minutes",
                normal="0.",
                otherwise="a check asks the exchange's clock every 5 minutes; "
                "connections are made anew after one that failed.",
            ),
            Query(
                "sum(increase(threet_exchange_breaker_openings_total[15m]))", "openings"
            ),
            Query(
                "sum(increase(threet_exchange_health_failures_total[15m]))",
                "failed checks",
            ),
            Query("sum(increase(threet_exchange_recreated_total[15m]))", "made anew"),
            unit="none",
            steps=none_but(),
            width=12,
        ),
    ]


def _budget() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Weight used in the last minute",
                normal="about half; up to 1104 by data during a first start.",
                otherwise="data at its limit for hours: keep fewer products.",
            ),
            Query("max by (priority) (threet_rate_budget_used)", "{{priority}}"),
            unit="none",
            stacked=True,
        ),
        graph(
            Told(
                title="Weight left for a priority",
                normal="cancel, reduce and order always have some.",
                otherwise="see BudgetLow: something else uses it up.",
            ),
            Query("min by (priority) (threet_rate_budget_left)", "{{priority}}"),
            Query("min(threet_rate_budget_limit)", "limit"),
            unit="none",
        ),
        value(
            Told(
                title="Kept by",
                normal="shared: all processes take from one budget in Redis.",
                otherwise="own share: 120 a minute for each process; "
                "see BudgetNotShared.",
            ),
            Query("max(threet_rate_budget_shared)"),
            unit="none",
            words=_SHARED,
        ),
        value(
            Told(
                title="Pause",
                normal="0 s.",
                otherwise="the exchange said 429: everybody waits so long; "
                "see RateLimited.",
            ),
            Query("max(threet_rate_budget_pause_seconds)"),
            unit="s",
            steps=none_but(),
        ),
        graph(
            Told(
                title="Actions of the account",
                normal="used well below the cap, which grows by 1 with each USDC "
                "traded. No data without an address.",
                otherwise="at the cap the exchange refuses; see AddressBudgetLow.",
            ),
            Query("max(threet_address_budget_used)", "used"),
            Query("max(threet_address_budget_cap)", "cap"),
            unit="none",
            width=12,
        ),
        graph(
            Told(
                title="Share of the actions left",
                normal="above 5 %. No data without an address.",
                otherwise="send fewer orders, or change fewer; trade volume adds.",
            ),
            Query(
                "1 - max(threet_address_budget_used) / max(threet_address_budget_cap)",
                "left",
            ),
            unit="percentunit",
            steps=above(0.05, 0.2),
            width=12,
        ),
    ]
