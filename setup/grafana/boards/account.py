"""What the account holds; for looking at, nothing reckons with these numbers."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from setup.grafana.boards.boards import Row, board
from setup.grafana.boards.database import EQUITY, POSITIONS, recorded, rows
from setup.grafana.boards.panels import (
    PanelBuilder,
    Query,
    Told,
    below,
    graph,
    none_but,
    value,
)

_TRADES = "No data where nothing trades."
_ADDRESS = "No data without an address, or while nobody knows the account."


def account() -> Dashboard:
    return board(
        "threet-account",
        "3T / Account",
        "Equity, margin and positions, as they were last read; rounded to floats.",
        [
            Row("Account", _account()),
            Row("Positions", _positions()),
            Row("Readings", _readings()),
            Row("Trading", _trading()),
        ],
    )


def _account() -> list[PanelBuilder]:
    return [
        value(
            Told(
                title="Equity",
                normal=f"moves with the positions. {_ADDRESS}",
                otherwise="compare with the exchange's own page before acting.",
            ),
            Query("max(threet_account_value)"),
            unit="currencyUSD",
        ),
        value(
            Told(
                title="Free collateral",
                normal=f"above 0. {_ADDRESS}",
                otherwise="0: the exchange refuses orders that open.",
            ),
            Query("max(threet_account_withdrawable)"),
            unit="currencyUSD",
        ),
        value(
            Told(
                title="Margin in use, of equity",
                normal=f"below 60 %. {_ADDRESS}",
                otherwise="liquidation comes near; see MarginHigh.",
            ),
            Query("max(threet_account_margin_used) / max(threet_account_value)"),
            unit="percentunit",
            steps=below(0.6, 0.8),
        ),
        value(
            Told(
                title="Leverage",
                normal=f"notional by equity, as low as you want it. {_ADDRESS}",
                otherwise="reduce positions.",
            ),
            Query("max(threet_account_notional) / max(threet_account_value)"),
            unit="none",
            steps=below(5, 10),
        ),
        value(
            Told(
                title="Open positions",
                normal=f"as many as you know of. {_ADDRESS}",
                otherwise="one that you do not know of: look at the exchange.",
            ),
            Query("max(threet_account_positions)"),
            unit="none",
        ),
        value(
            Told(
                title="Age of the reading",
                normal=f"below 40 s. {_ADDRESS}",
                otherwise="all of this page is so old; see AccountOld.",
            ),
            Query("max(threet_account_age_seconds)"),
            unit="s",
            steps=below(60, 120),
        ),
        graph(
            Told(
                title="Equity and collateral",
                normal=f"no jumps that trades do not explain. {_ADDRESS}",
                otherwise="a jump back is an odd reading; they are read twice.",
            ),
            Query("max(threet_account_value)", "equity"),
            Query("max(threet_account_withdrawable)", "free"),
            Query("max(threet_account_margin_used)", "margin"),
            unit="currencyUSD",
            width=24,
        ),
        recorded(
            Told(
                title="Equity in the last 30 days, from the database",
                normal=f"the mean of each quarter of an hour. {_ADDRESS}",
                otherwise="a gap: nothing was recorded then; see AccountOld.",
            ),
            EQUITY,
            unit="currencyUSD",
            since="30d",
        ),
    ]


def _positions() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Notional by symbol",
                normal="what the strategies hold; a closed one ends its line.",
                otherwise="one symbol above all: is it meant so?",
            ),
            Query("max by (symbol) (threet_position_value)", "{{symbol}}"),
            unit="currencyUSD",
            stacked=True,
        ),
        graph(
            Told(
                title="Not realized, by symbol",
                normal="around 0.",
                otherwise="a loss that runs: is its stop there?",
            ),
            Query("max by (symbol) (threet_position_unrealized_pnl)", "{{symbol}}"),
            unit="currencyUSD",
        ),
        graph(
            Told(
                title="Quantity by symbol",
                normal="negative is short.",
                otherwise="a change without a trade of yours: look at the exchange.",
            ),
            Query("max by (symbol) (threet_position_quantity)", "{{symbol}}"),
            unit="none",
        ),
        rows(
            Told(
                title="Open positions, from the database",
                normal=f"as they were read at read_at (UTC). {_ADDRESS}",
                otherwise="compare liquidation_price with the market; see MarginHigh.",
            ),
            POSITIONS,
        ),
    ]


def _readings() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Readings by outcome, in 5 minutes",
                normal="10 recorded.",
                otherwise="suspect: odd, read again. failed: see BalanceReadingsFail.",
            ),
            Query(
                "sum by (outcome) (increase(threet_balance_readings_total[5m]))",
                "{{outcome}}",
            ),
            unit="none",
            stacked=True,
            width=12,
        ),
        graph(
            Told(
                title="Age of the reading",
                normal="a saw between 0 and 40 s.",
                otherwise="a rising line: the worker, the exchange or the database.",
            ),
            Query("max(threet_account_age_seconds)", "age"),
            unit="s",
            steps=below(60, 120),
            width=12,
        ),
    ]


def _trading() -> list[PanelBuilder]:
    return [
        graph(
            Told(
                title="Decisions and orders, in 5 minutes",
                normal=f"a decision for each bar of each run; few orders. {_TRADES}",
                otherwise="no decisions: `3t status` says what the trader waits for.",
            ),
            Query("sum(increase(threet_trader_decisions_total[5m]))", "decisions"),
            Query("sum(increase(threet_gateway_orders_total[5m]))", "orders"),
            unit="none",
            width=12,
        ),
        value(
            Told(
                title="Products whose fills do not add up",
                normal=f"0. {_TRADES}",
                otherwise="they are only closed and protected; see PositionsDiffer.",
            ),
            Query("max(threet_gateway_mismatches)"),
            unit="none",
            steps=none_but(),
        ),
        value(
            Told(
                title="What the ledger does not explain",
                normal=f"below a cent. {_TRADES}",
                otherwise="no new risk is taken; see EquityUnexplained.",
            ),
            Query("max(abs(threet_ledger_difference))"),
            unit="currencyUSD",
            steps=none_but(0.01),
        ),
        value(
            Told(
                title="Cycles that ended early, in 5 minutes",
                normal=f"0, some while Redis or MariaDB is restarted. {_TRADES}",
                otherwise="the log of order_gateway says what did not answer.",
            ),
            Query("sum(increase(threet_gateway_cycle_failures_total[5m]))"),
            unit="none",
            steps=below(5, 60),
        ),
    ]
