"""From the exchange's socket to the streams, and candles into the database."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from setup.grafana.boards.boards import Row, board
from setup.grafana.boards.panels import (
    PanelBuilder,
    Query,
    Told,
    below,
    graph,
    none_but,
    quantiles,
    value,
)


def market_data() -> Dashboard:
    return board(
        "threet-market-data",
        "3T / Market data",
        "Prices, the feed they come by, their way to the streams, candles.",
        [
            Row("Prices", _prices()),
            Row("Feed", _feed()),
            Row("To the streams", _way()),
            Row("Candles", _candles()),
        ],
    )


def _prices() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Prices by state",
                normal="all fresh, none stale or missing.",
                otherwise="all at once: the feed or Redis. A few: those markets.",
            ),
            Query("max by (state) (threet_prices)", "{{state}}"),
            unit="none",
            stacked=True,
        ),
        graph(
            Told(
                title="Age of the newest message of a symbol",
                normal="p50 some seconds; max minutes, of the thinnest market.",
                otherwise="a growing p50 means that the feed stands still.",
            ),
            Query("max by (statistic) (threet_feed_tick_age_seconds)", "{{statistic}}"),
            unit="s",
        ),
        graph(
            Told(
                title="Symbols",
                normal="followed as many as the exchange lists, none stale.",
                otherwise="stale: a topic of the symbol is silent; "
                "see SubscriptionsSilent.",
            ),
            Query("max(threet_feed_symbols)", "followed"),
            Query("max(threet_feed_stale_symbols)", "stale"),
            unit="none",
        ),
    ]


def _feed() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Frames received",
                normal="steady; more when the market moves.",
                otherwise="0 is FeedSilent: no price is fresh any more.",
            ),
            Query("sum(rate(threet_feed_frames_total[$__rate_interval]))", "frames"),
            unit="cps",
        ),
        graph(
            Told(
                title="Subscriptions",
                normal="acknowledged equals wanted; silent and left_out are 0.",
                otherwise="left_out: beyond the exchange's 1000 an address.",
            ),
            Query("max by (state) (threet_feed_subscriptions)", "{{state}}"),
            unit="none",
        ),
        graph(
            Told(
                title="Connections",
                normal="as many as exchanges.hyperliquid.websocket_connections.",
                otherwise="wanted only: FeedUnsteady tells of lost ones.",
            ),
            Query("max(threet_feed_connections)", "wanted"),
            unit="none",
        ),
        graph(
            Told(
                title="Troubles of the feed, in 5 minutes",
                normal="0; now and then a connection made again.",
                otherwise="refused frames: the exchange changed; see FramesRefused.",
            ),
            Query("sum(increase(threet_feed_reconnects_total[5m]))", "reconnects"),
            Query("sum(increase(threet_feed_refused_frames_total[5m]))", "refused"),
            Query("sum(increase(threet_feed_server_errors_total[5m]))", "errors told"),
            Query("sum(increase(threet_feed_resubscribed_total[5m]))", "resubscribed"),
            unit="none",
            width=12,
        ),
        graph(
            Told(
                title="Trades that may be missing, in 5 minutes",
                normal="0; after an outage gaps, and duplicates that close them.",
                otherwise="unclosed ones stay missing; see TradeGapsUnclosed.",
            ),
            Query("sum(increase(threet_feed_trade_gaps_total[5m]))", "gaps found"),
            Query("sum(increase(threet_feed_duplicates_total[5m]))", "duplicates"),
            Query("max(threet_feed_unclosed_trade_gaps)", "unclosed, ever"),
            unit="none",
            width=12,
        ),
    ]


def _way() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="From a frame's arrival to its stream",
                normal="p50 about 5 ms. The dots are traced ticks: open one.",
                otherwise="see TickDelayHigh.",
            ),
            *quantiles("threet_publisher_delay_seconds"),
            unit="s",
            steps=below(0.05, 0.25),
        ),
        graph(
            Told(
                title="Events",
                normal="published equals offered, dropped is 0.",
                otherwise="a gap between them waits in memory; dropped is lost.",
            ),
            Query(
                "sum(rate(threet_publisher_offered_total[$__rate_interval]))", "offered"
            ),
            Query(
                "sum(rate(threet_publisher_published_total[$__rate_interval]))",
                "published",
            ),
            Query(
                "sum(rate(threet_publisher_dropped_total[$__rate_interval]))", "dropped"
            ),
            unit="cps",
        ),
        graph(
            Told(
                title="Events that wait for Redis",
                normal="tens; 50,000 are kept at most.",
                otherwise="Redis is away or slow; see PublisherBacklog.",
            ),
            Query("max(threet_publisher_waiting)", "waiting"),
            unit="none",
            steps=below(10_000, 50_000),
        ),
    ]


def _candles() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Bars stored, in 5 minutes",
                normal="some bars each minute; thousands while a first start fetches.",
                otherwise="0 for a quarter of an hour is CandlesNotStored.",
            ),
            Query("sum(increase(threet_candles_stored_total[5m]))", "stored"),
            Query(
                "sum(increase(threet_candles_holes_total[5m]))", "missing in answers"
            ),
            unit="none",
        ),
        graph(
            Told(
                title="Fetches by outcome, in 5 minutes",
                normal="fetched and not_due; no_budget during a first start.",
                otherwise="failed: see Exchange and network. refused: its log line.",
            ),
            Query(
                "sum by (outcome) (increase(threet_candles_fetches_total[5m]))",
                "{{outcome}}",
            ),
            unit="none",
            stacked=True,
        ),
        value(
            Told(
                title="Put back into the cache, in 1 hour",
                normal="0; all that is kept hot after a restart of MariaDB.",
                otherwise="again and again: market_data loses its rows.",
            ),
            Query("sum(increase(threet_candles_rewarmed_total[1h]))"),
            unit="none",
        ),
        value(
            Told(
                title="Products added",
                normal="0 after the first start.",
                otherwise="market_data.products names markets that were not kept.",
            ),
            Query("sum(threet_products_added_total)"),
            unit="none",
        ),
        graph(
            Told(
                title="Known gaps",
                normal="open ones close within a minute.",
                otherwise="a growing line is CandleGapsGrow; given_up stays for good.",
            ),
            Query("max by (state) (threet_candle_gaps)", "{{state}}"),
            unit="none",
            steps=none_but(),
            width=12,
        ),
        graph(
            Told(
                title="Repair of gaps, in 5 minutes",
                normal="0; after an outage requests, bars, and gaps that end.",
                otherwise="requests without bars: the exchange has them no more.",
            ),
            Query("sum(increase(threet_gap_repair_requests_total[5m]))", "requests"),
            Query("sum(increase(threet_gap_repair_bars_total[5m]))", "bars found"),
            Query(
                "sum by (outcome) (increase(threet_gap_repair_gaps_total[5m]))",
                "gaps {{outcome}}",
            ),
            unit="none",
            width=12,
        ),
    ]
