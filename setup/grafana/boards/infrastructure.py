"""What the platform stands on: processes, Redis, MariaDB, the web, and the watchers."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from setup.grafana.boards.boards import Row, board
from setup.grafana.boards.panels import (
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

_YES_OR_NO = {0: ("no", "red"), 1: ("yes", "green")}


def infrastructure() -> Dashboard:
    return board(
        "threet-infrastructure",
        "3T / Infrastructure",
        "Processes, Redis, MariaDB, the page's server, and what watches them.",
        [
            Row("Processes", _processes()),
            Row("Redis", _redis()),
            Row("MariaDB", _mariadb()),
            Row("Page and API", _web()),
            Row("Watchers", _watchers()),
        ],
    )


def _processes() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="CPU",
                normal="the producer most, a fraction of a core.",
                otherwise="1 is a whole core: ticks wait; see TickDelayHigh.",
            ),
            Query(
                "sum by (job) (rate(process_cpu_time_seconds_total[$__rate_interval]))",
                "{{job}}",
            ),
            unit="none",
        ),
        graph(
            Told(
                title="Resident memory",
                normal="flat after the first minutes.",
                otherwise="near its limit in docker-compose.yml it is killed; "
                "see ProcessMemoryHigh.",
            ),
            Query("sum by (job) (process_memory_usage_bytes)", "{{job}}"),
            unit="bytes",
        ),
        graph(
            Told(
                title="Uptime",
                normal="rising lines.",
                otherwise="a fall to 0 is a restart; a flat line is TelemetrySilent.",
            ),
            Query("max by (job) (process_uptime_seconds)", "{{job}}"),
            unit="s",
        ),
    ]


def _redis() -> list[PanelBuilder]:
    return [
        value(
            Told(
                title="Memory used",
                normal="below 80 % of maxmemory.",
                otherwise="full, it refuses writes; see RedisMemoryHigh.",
            ),
            Query("max(redis_memory_used_bytes) / (max(redis_memory_max_bytes) > 0)"),
            unit="percentunit",
            steps=below(0.8, 0.9),
        ),
        value(
            Told(
                title="Kept on disk",
                normal="yes: the append-only file is written.",
                otherwise="a full disk; see RedisNotPersisting.",
            ),
            Query("min(redis_aof_last_write_status) * min(redis_aof_enabled)"),
            unit="none",
            words=_YES_OR_NO,
        ),
        value(
            Told(
                title="Keys evicted",
                normal="0, ever.",
                otherwise="maxmemory-policy is not noeviction; see RedisEvicts.",
            ),
            Query("max(redis_evicted_keys_total)"),
            unit="none",
            steps=none_but(),
        ),
        graph(
            Told(
                title="Commands",
                normal="hundreds a second.",
                otherwise="thousands: something polls.",
            ),
            Query(
                "sum(rate(redis_commands_processed_total[$__rate_interval]))",
                "commands",
            ),
            unit="ops",
            width=6,
        ),
        graph(
            Told(
                title="Clients",
                normal="tens, flat.",
                otherwise="a rising line: connections are not closed.",
            ),
            Query("max(redis_connected_clients)", "clients"),
            unit="none",
            width=6,
        ),
    ]


def _mariadb() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Connections",
                normal="tens.",
                otherwise="at the most, services are refused; "
                "see MariaDbConnectionsHigh.",
            ),
            Query("max(mysql_global_status_threads_connected)", "connected"),
            Query("max(mysql_global_variables_max_connections)", "most"),
            unit="none",
        ),
        graph(
            Told(
                title="Statements",
                normal="tens a second; more while candles are fetched.",
                otherwise="slow ones: the disk, or a table without its key.",
            ),
            Query("sum(rate(mysql_global_status_queries[$__rate_interval]))", "all"),
            Query(
                "sum(rate(mysql_global_status_slow_queries[$__rate_interval]))", "slow"
            ),
            unit="ops",
        ),
        graph(
            Told(
                title="Uptime",
                normal="a rising line.",
                otherwise="a restart empties the cache market_data, which is filled "
                "again within a minute.",
            ),
            Query("max(mysql_global_status_uptime)", "uptime"),
            unit="s",
        ),
    ]


def _web() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Answers",
                normal="few; what is no route of the API counts as one.",
                otherwise="5xx are ours; see ApiErrors.",
            ),
            Query(
                "sum by (http_response_status_code) "
                "(rate(http_server_request_duration_seconds_count[$__rate_interval]))",
                "{{http_response_status_code}}",
            ),
            unit="reqps",
        ),
        graph(
            Told(
                title="Duration of an answer",
                normal="p99 below 100 ms.",
                otherwise="the database or Redis is slow; see ApiSlow.",
            ),
            *quantiles("http_server_request_duration_seconds"),
            unit="s",
            steps=below(0.25, 1),
        ),
        graph(
            Told(
                title="Pages that follow live",
                normal="one for each open page.",
                otherwise="many: somebody else looks.",
            ),
            Query("sum(threet_web_listeners)", "listeners"),
            unit="none",
        ),
    ]


def _watchers() -> list[PanelBuilder]:
    return [
        states(
            Told(
                title="What Prometheus asks",
                normal="all up.",
                otherwise="an exporter is away: what it tells is unknown; "
                "see TargetDown.",
            ),
            Query("min by (job, instance) (up)", "{{job}} {{instance}}"),
            words=UP_OR_DOWN,
        ),
        graph(
            Told(
                title="Through the collector",
                normal="metric points steadily, spans as ticks and tasks are traced.",
                otherwise="0: no process sends; see TelemetrySilent.",
            ),
            Query(
                "sum(rate({__name__=~"
                '"otelcol_receiver_accepted_metric_points(_total)?"}'
                "[$__rate_interval]))",
                "metric points",
            ),
            Query(
                "sum(rate({__name__=~"
                '"otelcol_receiver_accepted_spans(_total)?"}[$__rate_interval]))',
                "spans",
            ),
            unit="cps",
            width=12,
        ),
        graph(
            Told(
                title="Series",
                normal="some thousands, flat.",
                otherwise="a rising line: a label has too many values.",
            ),
            Query("max(prometheus_tsdb_head_series)", "series"),
            unit="none",
        ),
        graph(
            Told(
                title="Rules: the slowest evaluation",
                normal="milliseconds.",
                otherwise="above the 15 s between two, alerts come late.",
            ),
            Query("max(prometheus_rule_group_last_duration_seconds)", "slowest group"),
            unit="s",
            steps=below(5, 15),
        ),
        value(
            Told(
                title="Alertmanagers found",
                normal="1.",
                otherwise="0: nobody is told of anything; see AlertsNotDelivered.",
            ),
            Query("max(prometheus_notifications_alertmanagers_discovered)"),
            unit="none",
            steps=above(1, 1),
        ),
        value(
            Told(
                title="Alerts at the Alertmanager",
                normal="0.",
                otherwise="its page on port 9093 shows and silences them.",
            ),
            Query("sum(alertmanager_alerts)"),
            unit="none",
            steps=none_but(),
        ),
    ]
