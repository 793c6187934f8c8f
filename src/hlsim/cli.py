"""The hlsim command: `serve` runs an exchange, `record` keeps another one's frames."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from hlsim.core.address_budget import INITIAL_ALLOWANCE
from hlsim.core.numbers import USD
from hlsim.core.sub_accounts import SubAccountRules
from hlsim.core.terms import Terms
from hlsim.server.options import (
    parse_agent,
    parse_all,
    parse_dex,
    parse_market,
    parse_mirror,
    parse_network,
    parse_vault,
)
from hlsim.server.plans import load_plan
from hlsim.server.recording import Recorded, record
from hlsim.server.running import Server, running
from hlsim.server.settings import Cadence, Limits, Settings
from hlsim.server.upstream import UpstreamError
from hlsim.system_clock import now_ns

USAGE_ERROR = 2
app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)

Port = Annotated[int, Option(min=0, max=65535, help="0 takes a free one.")]
Market = Annotated[
    str, Option(help="synthetic, recorded:[COIN=]PATH[,...] or mirror:URL.")
]
AccountTexts = Annotated[
    list[str] | None, Option(help="0x...=10000, on a dex 0x...:xyz=10000; repeatable.")
]
PositionTexts = Annotated[
    list[str] | None,
    Option(help="0x...:BTC=0.5@100000[:cross20|:isolated10]; repeatable."),
]
Speed = Annotated[float, Option(help="Event time per real time.")]
Rate = Annotated[int | None, Option(help="Trades and bbo frames a second, all coins.")]
Dexes = Annotated[
    list[str] | None,
    Option(help="Builder dex: xyz:AAPL=190@2@10,... (price, decimals, leverage)."),
]
Stale = Annotated[int, Option(help="Mirror: silence after which a book is empty.")]
Loop = Annotated[bool, Option(help="Repeat the recording.")]
Limit = Annotated[int, Option(help="0 = no limit.")]
Dollars = Annotated[int, Option(min=0, help="Dollars.")]
AgentTexts = Annotated[
    list[str] | None,
    Option(help="Approved at the start, 0xMASTER=0xAGENT; repeatable."),
]
VaultTexts = Annotated[list[str] | None, Option(help="0xVAULT=0xLEADER; repeatable.")]
PartialGtc = Annotated[
    bool, Option(help="A Gtc that traded in part answers filled, not resting.")
]
BatchErrors = Annotated[
    bool, Option(help="Tell a payload's errors for each order, not once for all.")
]
FillsOrder = Annotated[bool, Option(help="userFillsByTime begins with the newest.")]
Network = Annotated[
    str, Option(help="Whose signatures count: mainnet, testnet or both.")
]
PerMinute = Annotated[int, Option(help="A minute; 0 = no limit.")]
Milliseconds = Annotated[int, Option(help="Of event time, between two of them.")]
PlanFile = Annotated[Path | None, Option(help="A fault plan.", metavar="PATH")]
ControlPort = Annotated[
    int | None,
    Option(min=0, max=65535, help="Serve the control API; 0 takes a free one."),
]


@app.callback()
def hlsim() -> None:
    """A local exchange that speaks HyperLiquid's wire protocol."""


@app.command()
def serve(
    *,
    host: str = "127.0.0.1",
    port: Port = 3001,
    market: Market = "synthetic",
    seed: int = 7,
    symbols: int = 230,
    dex: Dexes = None,
    account: AccountTexts = None,
    position: PositionTexts = None,
    agent: AgentTexts = None,
    speed: Speed = 1.0,
    rate: Rate = None,
    history_days: int = 10,
    block_ms: Milliseconds = 200,
    loop: Loop = False,
    mirror_stale_ms: Stale = 10_000,
    ip_weight: PerMinute = 1200,
    ws_connections: Limit = 10,
    ws_subscriptions: Limit = 1000,
    ws_users: Limit = 10,
    ws_messages: PerMinute = 2000,
    ws_posts: Limit = 100,
    ws_idle_secs: Limit = 60,
    address_allowance: Limit = INITIAL_ALLOWANCE,
    scheduled_cancel_volume: Dollars = 1_000_000,
    sub_account_volume: Dollars = 100_000,
    vault: VaultTexts = None,
    network: Network = "both",
    partial_gtc_filled: PartialGtc = False,
    batch_errors_each: BatchErrors = False,
    fills_newest_first: FillsOrder = False,
    all_mids_ms: Milliseconds = 500,
    l2_book_ms: Milliseconds = 500,
    faults: PlanFile = None,
    control_port: ControlPort = None,
) -> None:
    """Serve an exchange on /info, /exchange and /ws."""
    limits = Limits(
        ip_weight=ip_weight,
        ws_connections=ws_connections,
        ws_subscriptions=ws_subscriptions,
        ws_users=ws_users,
        ws_messages=ws_messages,
        ws_posts=ws_posts,
        ws_idle_secs=ws_idle_secs,
    )
    terms = Terms(
        scheduled_cancel_volume=scheduled_cancel_volume,
        address_allowance=address_allowance,
        sub_accounts=SubAccountRules(first_volume=sub_account_volume * USD),
        vaults=dict(map(parse_vault, vault or ())),
        partial_gtc_is_filled=partial_gtc_filled,
        batch_errors_are_each=batch_errors_each,
        fills_by_time_newest_first=fills_newest_first,
    )
    accounts, holdings = parse_all(account or (), position or ())
    settings = Settings(
        host=host, port=port, seed=seed, symbols=symbols, speed=speed, rate=rate,
        dexes=tuple(map(parse_dex, dex or ())), recordings=parse_market(market),
        mirror=parse_mirror(market), mirror_stale_ms=mirror_stale_ms,
        loop=loop, history_days=history_days,
        block_ms=block_ms, accounts=accounts, holdings=holdings,
        agents=tuple(map(parse_agent, agent or ())), limits=limits,
        cadence=Cadence(all_mids_ms=all_mids_ms, l2_book_ms=l2_book_ms),
        terms=terms, sources=parse_network(network),
        faults=load_plan(faults) if faults else None, control_port=control_port,
    )  # fmt: skip
    asyncio.run(_serve(settings))


@app.command(name="record")
def record_frames(
    url: str,
    file: Path,
    *,
    coins: Annotated[str, Option(help="BTC,ETH; all listed ones otherwise.")] = "",
    seconds: Annotated[float | None, Option(help="Until stopped otherwise.")] = None,
) -> None:
    """Record the market frames of a HyperLiquid URL; `serve` can play them."""
    names = [one for one in coins.split(",") if one]
    done = asyncio.run(_record(url, file, names, seconds))
    left = done.listed - len(done.coins) if not names else 0
    beyond = f"; {left} more coins do not fit in one recording" if left else ""
    sys.stdout.write(
        f"recorded {done.frames} frames of {len(done.coins)} coins{beyond}\n"
    )


async def _record(
    url: str, file: Path, coins: list[str], seconds: float | None
) -> Recorded:
    stop = _stopped_by_signals()
    if seconds is not None:
        asyncio.get_running_loop().call_later(seconds, stop.set)
    return await record(url, file, coins=coins, stopped=stop, now_ns=now_ns)


def _stopped_by_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _serve(settings: Settings) -> None:
    stop = _stopped_by_signals()
    async with running(settings) as server:
        sys.stdout.write(_ready(server, settings))
        sys.stdout.flush()
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait(
            {stopped, server.driver}, return_when=asyncio.FIRST_COMPLETED
        )
        stopped.cancel()


def _ready(server: Server, settings: Settings) -> str:
    count = len(server.exchange.universe)
    market = f"{settings.market}, seed {settings.seed}, {count} symbols"
    if server.control_url is not None:
        market += f", control on {server.control_url}"
    return f"hlsim ready on {server.url} ({market})\n"


def _fail(sentence: str) -> None:
    sys.stderr.write(f"hlsim: {sentence}\n")
    raise SystemExit(USAGE_ERROR)


def main() -> None:
    """Run the command; what it cannot do with its arguments is one sentence."""
    try:
        app()
    except ValueError as error:
        _fail(str(error))
    except FileExistsError as error:
        _fail(f"there is a file {error.filename} already")
    except UpstreamError as error:
        _fail(str(error))
    except OSError as error:
        what = "listen" if error.filename is None else f"write {error.filename}"
        _fail(f"cannot {what}: {error.strerror}")


if __name__ == "__main__":
    main()
