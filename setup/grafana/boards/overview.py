"""Whether all is well, at a glance; the other dashboards say why not."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from setup.grafana.boards.boards import Row, board
from setup.grafana.boards.panels import (
    BAD,
    DOUBTFUL,
    GOOD,
    UP_OR_DOWN,
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

_STATUS = {0: ("ok", GOOD), 1: ("degraded", DOUBTFUL), 2: ("down", BAD)}
# 0 only where Prometheus says that it evaluates rules at all.
_NO_ALERT = "0 * sum(prometheus_rule_group_rules)"


def overview() -> Dashboard:
    return board(
        "threet-overview",
        "3T / Overview",
        "Whether all is well. Each panel's description says what is normal.",
        [Row("Now", _now()), Row("Who", _who()), Row("How much", _flow())],
    )


def _now() -> list[PanelBuilder]:
    return [
        value(
            Told(
                title="Status",
                normal="ok, as /api/health says it.",
                otherwise="the page's health view and `3t status` say the reasons.",
            ),
            Query("max(threet_platform_status)"),
            unit="none",
            words=_STATUS,
        ),
        value(
            Told(
                title="Reasons",
                normal="0: nothing is less than well.",
                otherwise="read them with `curl -s http://127.0.0.1:8080/api/health`.",
            ),
            Query("max(threet_platform_reasons)"),
            unit="none",
            steps=none_but(),
        ),
        value(
            Told(
                title="Alerts firing",
                normal="0. No data means that Prometheus evaluates no rules.",
                otherwise="each alert has a page of its name under docs/runbooks.",
            ),
            Query(f'sum(ALERTS{{alertstate="firing"}}) or {_NO_ALERT}'),
            unit="none",
            steps=none_but(),
        ),
        value(
            Told(
                title="Fresh prices",
                normal="100 %: every listed symbol has a price a few seconds old.",
                otherwise="Market data shows whether the feed or Redis is at fault.",
            ),
            Query(
                'sum(max by (state) (threet_prices{state="fresh"}))'
                " / sum(max by (state) (threet_prices))"
            ),
            unit="percentunit",
            steps=above(0.9, 1),
        ),
        value(
            Told(
                title="Tick to stream, p99",
                normal="some milliseconds from a frame's arrival to its stream.",
                otherwise="see TickDelayHigh: a busy machine, or a slow Redis.",
            ),
            *quantiles("threet_publisher_delay_seconds", only=(0.99,)),
            unit="s",
            steps=below(0.05, 0.25),
        ),
        value(
            Told(
                title="Age of the account",
                normal="below 40 s; no data where no address is configured.",
                otherwise="do not trust the balances shown; see AccountOld.",
            ),
            Query("max(threet_account_age_seconds)"),
            unit="s",
            steps=below(60, 120),
        ),
    ]


def _who() -> list[PanelBuilder]:
    return [
        states(
            Told(
                title="Processes",
                normal="all up. The worker is up only while it consumes tasks.",
                otherwise="`docker compose logs NAME`; see ProcessSilent.",
            ),
            Query("max by (process) (threet_process_alive)", "{{process}}"),
            words=UP_OR_DOWN,
        ),
        states(
            Told(
                title="Dependencies",
                normal="Redis, database and exchange answer.",
                otherwise="what needs it waits and goes on by itself; "
                "see DependencyDown.",
            ),
            Query("max by (dependency) (threet_dependency_up)", "{{dependency}}"),
            words=UP_OR_DOWN,
        ),
    ]


def _flow() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Frames and events",
                normal="steady for hours; as many events published as offered.",
                otherwise="a line that falls to 0 is FeedSilent or EventsDropped.",
            ),
            Query("sum(rate(threet_feed_frames_total[$__rate_interval]))", "frames"),
            Query(
                "sum(rate(threet_publisher_published_total[$__rate_interval]))",
                "events published",
            ),
            Query(
                "sum(rate(threet_consumer_effects_total[$__rate_interval]))",
                "balances that took effect",
            ),
            unit="cps",
        ),
        graph(
            Told(
                title="Prices by state",
                normal="all fresh.",
                otherwise="stale prices are shown as such and never traded on.",
            ),
            Query("max by (state) (threet_prices)", "{{state}}"),
            unit="none",
            stacked=True,
        ),
        graph(
            Told(
                title="Alerts by severity",
                normal="one line at 0.",
                otherwise="critical: money or sight is at stake, act now.",
            ),
            Query(
                f'sum by (severity) (ALERTS{{alertstate="firing"}}) or {_NO_ALERT}',
                "{{severity}}",
            ),
            unit="none",
            steps=none_but(),
        ),
    ]
