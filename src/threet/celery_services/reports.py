"""What came of a task, as log lines with ids and as figures of the process."""

import structlog

from threet.accounts.updating import BalanceOutcome, BalanceReport
from threet.celery_services.work import Work
from threet.market_data.catalogue import CatalogueReport
from threet.market_data.fetching import FetchReport, Outcome
from threet.market_data.gap_repair import RepairReport

_log = structlog.get_logger(__name__)
_TROUBLE = {Outcome.REFUSED, Outcome.FAILED}
_BALANCE_TROUBLE = {BalanceOutcome.SUSPECT, BalanceOutcome.FAILED}


def fetched(work: Work, report: FetchReport) -> None:
    work.count(f"fetch_{report.outcome.name.lower()}")
    work.count("candles", report.rows)
    work.count("holes", report.holes)
    log = _log.warning if report.outcome in _TROUBLE else _log.debug
    log(
        "market_data_fetched",
        symbol=report.symbol,
        timeframe=report.timeframe.value,
        outcome=report.outcome.value,
        rows=report.rows,
        holes=report.holes,
        reason=report.reason,
        again_secs=round(report.again_secs, 1),
    )


def repaired(work: Work, report: RepairReport) -> None:
    work.count("gap_requests", report.requests)
    work.count("gap_rows", report.rows)
    work.count("gaps_closed", report.closed)
    work.count("gaps_given_up", report.given_up)
    if report.requests or report.reason:
        _log.info(
            "candle_gaps_repaired",
            requests=report.requests,
            rows=report.rows,
            closed=report.closed,
            given_up=report.given_up,
            reason=report.reason,
        )


def balance(work: Work, report: BalanceReport) -> None:
    work.count(f"balance_{report.outcome.name.lower()}")
    log = _log.warning if report.outcome in _BALANCE_TROUBLE else _log.debug
    log(
        "balance_updated",
        outcome=report.outcome.value,
        positions=report.positions,
        reason=report.reason,
    )


def catalogue(work: Work, report: CatalogueReport) -> None:
    work.count("products_added", report.added)
    log = _log.warning if report.unlisted else _log.info
    log(
        "catalogue_refreshed",
        added=report.added,
        refreshed=report.refreshed,
        unlisted=list(report.unlisted),
        had_budget=report.had_budget,
    )
