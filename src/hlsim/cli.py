"""The hlsim command: `hlsim serve` runs an exchange until it is told to stop."""

import asyncio
import signal
import sys
from typing import Annotated

import typer

from hlsim.server.options import parse_all, parse_market
from hlsim.server.running import Server, running
from hlsim.server.settings import Cadence, Limits, Settings

USAGE_ERROR = 2
app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)

Text = Annotated[str, typer.Option()]
Whole = Annotated[int, typer.Option()]


@app.callback()
def hlsim() -> None:
    """A local exchange that speaks HyperLiquid's wire protocol."""


@app.command()
def serve(
    host: Text = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 3001,
    market: Annotated[
        str, typer.Option(help="synthetic, or recorded:[COIN=]PATH[,...].")
    ] = "synthetic",
    seed: Whole = 7,
    symbols: Whole = 230,
    account: Annotated[
        list[str] | None, typer.Option(help="0x...=10000; repeatable.")
    ] = None,
    position: Annotated[
        list[str] | None,
        typer.Option(help="0x...:BTC=0.5@100000[:cross20|:isolated10]; repeatable."),
    ] = None,
    speed: Annotated[float, typer.Option(help="Event time per real time.")] = 1.0,
    rate: Annotated[
        int | None, typer.Option(help="Trades and bbo frames a second, all coins.")
    ] = None,
    history_days: Whole = 10,
    block_ms: Annotated[int, typer.Option(help="Event time between blocks.")] = 200,
    loop: Annotated[bool, typer.Option(help="Repeat the recording.")] = False,
    ip_weight: Annotated[int, typer.Option(help="A minute; 0 = no limit.")] = 1200,
    ws_connections: Annotated[int, typer.Option(help="0 = no limit.")] = 10,
    ws_subscriptions: Annotated[int, typer.Option(help="0 = no limit.")] = 1000,
    ws_users: Annotated[int, typer.Option(help="0 = no limit.")] = 10,
    ws_messages: Annotated[int, typer.Option(help="A minute; 0 = no limit.")] = 2000,
    ws_idle_secs: Annotated[int, typer.Option(help="0 = never hang up.")] = 60,
    all_mids_ms: Whole = 500,
    l2_book_ms: Whole = 500,
) -> None:
    """Serve an exchange on /info, /exchange and /ws."""
    try:
        accounts, holdings = parse_all(account or (), position or ())
        settings = Settings(
            host=host,
            port=port,
            seed=seed,
            symbols=symbols,
            recordings=parse_market(market),
            loop=loop,
            accounts=accounts,
            holdings=holdings,
            speed=speed,
            rate=rate,
            block_ms=block_ms,
            history_days=history_days,
            limits=Limits(
                ip_weight=ip_weight,
                ws_connections=ws_connections,
                ws_subscriptions=ws_subscriptions,
                ws_users=ws_users,
                ws_messages=ws_messages,
                ws_idle_secs=ws_idle_secs,
            ),
            cadence=Cadence(all_mids_ms=all_mids_ms, l2_book_ms=l2_book_ms),
        )
        asyncio.run(_serve(settings))
    except ValueError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"cannot listen on {host}:{port}: {error.strerror}")


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
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
    return f"hlsim ready on {server.url} ({market})\n"


def _fail(sentence: str) -> None:
    sys.stderr.write(f"hlsim: {sentence}\n")
    raise SystemExit(USAGE_ERROR)


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
