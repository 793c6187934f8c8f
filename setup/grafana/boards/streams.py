"""What is published and consumed, and the tasks of Celery."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from setup.grafana.boards.boards import Row, board
from setup.grafana.boards.panels import (
    PanelBuilder,
    Query,
    Told,
    above,
    below,
    graph,
    none_but,
    quantiles,
    value,
)


def streams() -> Dashboard:
    return board(
        "threet-streams",
        "3T / Streams and Celery",
        "Streams and who reads them; beat, workers and their tasks.",
        [
            Row("Streams", _streams()),
            Row("Consumers", _consumers()),
            Row("Celery", _celery()),
        ],
    )


def _streams() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Not yet delivered",
                normal="tens of entries at most.",
                otherwise="a group that does not come back to 0 is too slow, or "
                "nobody's any more; see StreamLag.",
            ),
            Query("max by (stream, group) (threet_stream_lag)", "{{stream}} {{group}}"),
            unit="none",
            steps=below(5_000, 50_000),
        ),
        graph(
            Told(
                title="Delivered, not acknowledged",
                normal="the batch at hand.",
                otherwise="a growing line: handlers fail; see EntriesPending.",
            ),
            Query(
                "max by (stream, group) (threet_stream_pending)",
                "{{stream}} {{group}}",
            ),
            unit="none",
        ),
        graph(
            Told(
                title="Age of the newest entry",
                normal="prices below a second, candles a minute, the account 30 s.",
                otherwise="nobody publishes into it. alerts:raised may be old.",
            ),
            Query("max by (stream) (threet_stream_age_seconds)", "{{stream}}"),
            unit="s",
        ),
        graph(
            Told(
                title="Entries kept",
                normal="up to redis.streams, where it stays.",
                otherwise="beyond it the oldest go, read or not.",
            ),
            Query("max by (stream) (threet_stream_length)", "{{stream}}"),
            unit="none",
            width=12,
        ),
        graph(
            Told(
                title="News of the account from the outbox",
                normal="some each minute.",
                otherwise="0 while the account is read: OutboxNotDrained.",
            ),
            Query("sum(increase(threet_outbox_published_total[5m]))", "in 5 minutes"),
            unit="none",
            width=12,
        ),
    ]


def _consumers() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Entries by outcome",
                normal="acknowledged as fast as delivered.",
                otherwise="taken_over: another member died.",
            ),
            Query(
                "sum by (outcome) "
                "(rate(threet_consumer_entries_total[$__rate_interval]))",
                "{{outcome}}",
            ),
            unit="cps",
        ),
        graph(
            Told(
                title="From a frame's arrival to its effect",
                normal="p50 some milliseconds. The dots are traces: open one.",
                otherwise="see ConsumerDelayHigh.",
            ),
            *quantiles("threet_consumer_delay_seconds", "group"),
            unit="s",
            steps=below(0.25, 1),
        ),
        graph(
            Told(
                title="Lost, given up, failed, in 1 hour",
                normal="0.",
                otherwise="see EntriesLost, DeadLetters, EntriesFail.",
            ),
            Query(
                "sum by (job, outcome) (increase(threet_consumer_entries_total"
                '{outcome=~"lost|dead_lettered|failed"}[1h]))',
                "{{job}} {{outcome}}",
            ),
            unit="none",
            steps=none_but(),
        ),
        graph(
            Told(
                title="Connections to Redis made again, in 15 minutes",
                normal="0.",
                otherwise="Redis was restarted, or the network is unsteady.",
            ),
            Query(
                "sum by (job) (increase(threet_consumer_reconnects_total[15m]))",
                "{{job}}",
            ),
            unit="none",
            width=12,
        ),
        graph(
            Told(
                title="Balances that took effect",
                normal="as many as were published: two a minute.",
                otherwise="the example consumer of balances stands still.",
            ),
            Query("sum(increase(threet_consumer_effects_total[5m]))", "in 5 minutes"),
            unit="none",
            width=12,
        ),
    ]


def _celery() -> list[PanelBuilder]:
    return [
        value(
            Told(
                title="Canaries consumed, in 5 minutes",
                normal="10: one each 30 s.",
                otherwise="0: workers are there and do nothing; "
                "see WorkerConsumesNothing.",
            ),
            Query("sum(increase(threet_task_canaries_total[5m]))"),
            unit="none",
            steps=above(1, 5),
            width=6,
        ),
        value(
            Told(
                title="Entries of the schedule",
                normal="7, or 8 with an address.",
                otherwise="0 or no data: beat does not run; see ScheduleEmpty.",
            ),
            Query("max(threet_beat_entries)"),
            unit="none",
            steps=above(1, 1),
            width=6,
        ),
        value(
            Told(
                title="Workers online, by Flower",
                normal="as many as run.",
                otherwise="Flower sees the workers' events; see ProcessSilent.",
            ),
            Query("sum(flower_worker_online)"),
            unit="none",
            steps=above(1, 1),
            width=6,
        ),
        value(
            Told(
                title="Tasks at work, by Flower",
                normal="0 to 12, the most that celery.autoscale allows.",
                otherwise="12 for minutes: tasks are slow; see TaskSlow.",
            ),
            Query("sum(flower_worker_number_of_currently_executing_tasks)"),
            unit="none",
            steps=below(12, 24),
            width=6,
        ),
        graph(
            Told(
                title="Runs a minute",
                normal="fetch-market-data in bursts, the others by their clock.",
                otherwise="a task that stops running: look at beat.",
            ),
            Query(
                "60 * sum by (task) "
                "(rate(threet_task_duration_seconds_count[$__rate_interval]))",
                "{{task}}",
            ),
            unit="none",
            width=8,
        ),
        graph(
            Told(
                title="Runs by outcome, in 5 minutes",
                normal="SUCCESS only.",
                otherwise="see TasksFail; the task's log line says why.",
            ),
            Query(
                "sum by (outcome) (increase(threet_task_duration_seconds_count[5m]))",
                "{{outcome}}",
            ),
            unit="none",
        ),
        graph(
            Told(
                title="Duration of a run",
                normal="p99 below a second or two. The dots are traces: open one.",
                otherwise="others wait once all threads are taken; see TaskSlow.",
            ),
            *quantiles("threet_task_duration_seconds", "task", only=(0.99,)),
            unit="s",
            steps=below(10, 30),
        ),
    ]
