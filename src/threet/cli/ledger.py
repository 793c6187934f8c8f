"""`3t ledger`: profit and loss, the whole ledger as a file, and what is accepted."""

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from threet.accounts.ledger import Ledger
from threet.accounts.ledger_reader import LedgerReader
from threet.accounts.ledger_table import COLUMNS, lines
from threet.accounts.pnl import (
    Marks,
    PnlRow,
    by_day,
    by_product,
    by_run,
    marks_of,
    total,
)
from threet.adapters.sql.account_ids import known_addresses
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.system_clock import SystemClock
from threet.bootstrap.run_file import settings_here
from threet.cli.stored import stored
from threet.model.accounts import AccountState
from threet.model.errors import ConfigurationError
from threet.model.money import ACCEPTED, EquityCheck, EquityVerdict, LedgerUpdate
from threet.ports.ledger_store import Entries

app = typer.Typer(help="Profit and loss, and what explains it.", no_args_is_help=True)

_LEAST_WIDTH = 110

DataDir = Annotated[
    Path | None, typer.Option(help="Where the database lives [default: ./data].")
]
Address = Annotated[
    str | None, typer.Option(help="The account [default: the configured one].")
]


class By(Enum):
    RUN = "run"
    PRODUCT = "product"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class _Account:
    address: str
    store: SqlLedgerStore
    reading: AccountState | None


@app.command()
def pnl(
    by: Annotated[By, typer.Option(help="One line for each.")] = By.RUN,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    address: Address = None,
    data_dir: DataDir = None,
) -> None:
    """Realized, fees, funding and unrealized, and whether they explain the equity."""
    with _account(address, data_dir) as account:
        ledger = LedgerReader(account.store).ledger()
        rows, whole = _rows(ledger, by, marks_of(account.reading))
        check = account.store.last_check()
    if as_json:
        told = {
            "address": account.address,
            "account_ms": account.reading.account_ms if account.reading else None,
            "by": by.value,
            "rows": [_plain(row) for row in rows],
            "total": _plain(whole),
            "deposits": str(ledger.deposits),
            "check": None if check is None else _plain_check(check),
        }
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return
    # Amounts are not to be cut, however narrow the terminal is.
    console = Console(width=max(Console().width, _LEAST_WIDTH))
    console.print(_table(by, [*rows, whole]))
    console.print(_said(check), markup=False)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A CSV file; it is replaced.")],
    address: Address = None,
    data_dir: DataDir = None,
) -> None:
    """Every fill, fee, funding payment and deposit, one line for each part."""
    with _account(address, data_dir) as account:
        entries = account.store.entries()
    sys.stdout.write(f"{_written(file, entries)} lines in {file}\n")


@app.command()
def accept(
    reason: Annotated[str, typer.Argument(help="What it was; kept with the entry.")],
    address: Address = None,
    data_dir: DataDir = None,
) -> None:
    """Book a difference that was confirmed, and that you can explain."""
    with _account(address, data_dir) as account:
        check = account.store.last_check()
        if check is None or check.verdict is not EquityVerdict.DIFFERS:
            sys.stdout.write("there is no confirmed difference to accept\n")
            raise SystemExit(1)
        entry = LedgerUpdate(
            key=f"accepted {check.account_ms}",
            time_ms=SystemClock().now_ms(),
            kind=ACCEPTED,
            amount=check.difference,
            detail=reason,
        )
        if not account.store.record_updates([entry]):
            sys.stdout.write("that difference was accepted before\n")
            raise SystemExit(1)
    sys.stdout.write(f"{check.difference:f} USDC booked: {reason}\n")


def _written(file: Path, entries: Entries) -> int:
    try:
        with file.open("w", newline="", encoding="utf-8") as target:
            writer = csv.DictWriter(target, COLUMNS, restval="")
            writer.writeheader()
            told = list(lines(entries))
            writer.writerows(told)
    except OSError as error:
        reason = f"{file}: cannot be written ({error.strerror})"
        raise ConfigurationError([reason]) from None
    return len(told)


@contextmanager
def _account(address: str | None, data_dir: Path | None) -> Iterator[_Account]:
    settings, _ = settings_here(data_dir)
    with stored(data_dir) as database:
        wanted = address or settings.exchanges.hyperliquid.wallet_address
        found = _known(database, wanted)
        yield _Account(
            found,
            SqlLedgerStore(database, account=found),
            SqlAccountStore(database).current(found),
        )


def _known(database: Database, wanted: str | None) -> str:
    """Of an account that was never read nothing is known, and nothing is not 0."""
    known = database.read(known_addresses)
    words = ", ".join(sorted(known)) or "none"
    if wanted is None and len(known) == 1:
        return known[0]
    if wanted is None:
        raise ConfigurationError(
            [f"--address: which account? The database has {words}"]
        )
    if wanted.lower() not in known:
        reason = f"--address: {wanted:.60} was never read; the database has {words}"
        raise ConfigurationError([reason])
    return wanted


def _rows(ledger: Ledger, by: By, marks: Marks) -> tuple[list[PnlRow], PnlRow]:
    """The total is the account's, however its parts are cut."""
    whole = total(by_product(ledger, marks))
    match by:
        case By.RUN:
            return list(by_run(ledger, marks)), whole
        case By.PRODUCT:
            return list(by_product(ledger, marks)), whole
        case By.DAY:
            return list(by_day(ledger)), whole


def _table(by: By, rows: list[PnlRow]) -> Table:
    table = Table()
    table.add_column(by.value)
    for name in ("realized", "fees", "funding", "unrealized", "net", "volume", "fills"):
        table.add_column(name, justify="right")
    for row in rows:
        amounts = (row.realized, row.fees, row.funding, row.unrealized, row.net)
        said = [_amount(one) for one in amounts]
        table.add_row(row.key, *said, f"{row.volume:.2f}", str(row.fills))
    return table


def _amount(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount:.6f}"


def _said(check: EquityCheck | None) -> str:
    if check is None:
        return "The account's value was never held against the ledger."
    moment = datetime.fromtimestamp(check.account_ms / 1000, UTC)
    return (
        f"{moment.isoformat(timespec='seconds')}: deposits {check.deposits:f}"
        f" + realized {check.realized:f} + funding {check.funding:f}"
        f" - fees {check.fees:f} + unrealized {check.unrealized:f}"
        f" = {check.expected:f}; the exchange says {check.account_value:f}"
        f" ({check.verdict.value})"
    )


def _plain(row: PnlRow) -> dict[str, object]:
    return {
        "key": row.key,
        "realized": str(row.realized),
        "fees": str(row.fees),
        "funding": str(row.funding),
        "unrealized": None if row.unrealized is None else str(row.unrealized),
        "net": None if row.net is None else str(row.net),
        "volume": str(row.volume),
        "fills": row.fills,
        "deposits": str(row.deposits),
    }


def _plain_check(check: EquityCheck) -> dict[str, object]:
    return {
        "account_ms": check.account_ms,
        "account_value": str(check.account_value),
        "expected": str(check.expected),
        "difference": str(check.difference),
        "verdict": check.verdict.value,
    }
