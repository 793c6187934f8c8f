"""Reads the text of command line options; each error is a sentence."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from hlsim.server.settings import BuilderDex, Deposit, DexCoin, Holding, RecordedFile
from hlsim.wire.signing import SOURCES, Source

_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_POSITION = re.compile(
    r"(?P<address>0x[0-9a-fA-F]{40}):(?P<coin>[^=]+)=(?P<szi>[-+.\d]+)@(?P<px>[.\d]+)"
    r"(?::(?P<kind>cross|isolated)(?P<leverage>\d+))?"
)

_COIN = re.compile(
    r"(?P<name>[A-Za-z0-9]+)=(?P<px>\d+(?:\.\d+)?)@(?P<sz_decimals>[0-6])"
    r"@(?P<leverage>[1-9]\d?)"
)
_DEX = re.compile(r"(?P<name>[a-z0-9]{1,6}):(?P<coins>.+)")


def parse_account(text: str) -> Deposit:
    """Read ``0x...=10000``, an address and its dollars, or ``0x...:xyz=10000``."""
    owner, _, funds = text.partition("=")
    address, _, dex = owner.partition(":")
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"{text!r} is no account; write 0x<40 hex digits>=10000")
    return Deposit(address=address.lower(), funds=_dollars(funds, text), dex=dex)


def parse_position(text: str) -> Holding:
    """Read ``0x...:BTC=0.5@100000``, leverage after it as ``:cross20``."""
    found = _POSITION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no position; write 0x...:BTC=0.5@100000")
    leverage = found["leverage"]
    return Holding(
        address=found["address"],
        coin=found["coin"],
        szi=found["szi"],
        entry_px=found["px"],
        leverage=int(leverage) if leverage else None,
        is_cross=found["kind"] != "isolated",
    )


def parse_vault(text: str) -> tuple[str, str]:
    """Read ``0xVAULT=0xLEADER``."""
    vault, _, leader = text.partition("=")
    if not _ADDRESS.fullmatch(vault) or not _ADDRESS.fullmatch(leader):
        raise ValueError(f"{text!r} is no vault; write 0x<40 hex digits>=0x<leader>")
    return vault.lower(), leader.lower()


def parse_agent(text: str) -> tuple[str, str]:
    """Read ``0xMASTER=0xAGENT``."""
    master, _, agent = text.partition("=")
    if not _ADDRESS.fullmatch(master) or not _ADDRESS.fullmatch(agent):
        raise ValueError(f"{text!r} is no agent; write 0x<40 hex digits>=0x<agent>")
    return master.lower(), agent.lower()


def parse_network(text: str) -> tuple[Source, ...]:
    """Read whose signatures count; ``both`` tries testnet first, as the SDK signs."""
    networks: dict[str, tuple[Source, ...]] = {
        "mainnet": ("a",),
        "testnet": ("b",),
        "both": SOURCES,
    }
    if text not in networks:
        raise ValueError(f"{text!r} is no network; write mainnet, testnet or both")
    return networks[text]


def parse_market(text: str) -> tuple[RecordedFile, ...]:
    """Read ``recorded:PATH`` or ``recorded:ETH=PATH,BTC=PATH``; else no files."""
    if text == "synthetic" or parse_mirror(text):
        return ()
    kind, _, rest = text.partition(":")
    if kind != "recorded" or not rest:
        raise ValueError(
            f"{text!r} is no market; write synthetic, recorded:PATH or mirror:URL"
        )
    return tuple(_recorded(part) for part in rest.split(","))


def parse_mirror(text: str) -> str | None:
    """Read the URL of ``mirror:http://127.0.0.1:3001``, None for another market."""
    kind, _, url = text.partition(":")
    if kind != "mirror":
        return None
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{text!r} is no market; write mirror:http://host:port")
    return url


def _recorded(part: str) -> RecordedFile:
    coin, equals, path = part.partition("=")
    file = RecordedFile(Path(path), coin) if equals else RecordedFile(Path(part))
    if not file.path.is_file():
        raise ValueError(f"there is no file {file.path}")
    return file


def parse_dex(text: str) -> BuilderDex:
    """Read ``xyz:AAPL=190@2@10,TSLA=250@2@10``: price, szDecimals, maxLeverage."""
    found = _DEX.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no dex; write xyz:AAPL=190@2@10,TSLA=250@2@10")
    coins = tuple(_coin(part, text) for part in found["coins"].split(","))
    return BuilderDex(found["name"], coins)


def _coin(part: str, text: str) -> DexCoin:
    found = _COIN.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r} of {text!r} is no perp; write xyz:AAPL=190@2@10")
    return DexCoin(
        found["name"],
        Decimal(found["px"]),
        int(found["sz_decimals"]),
        int(found["leverage"]),
    )


def _dollars(text: str, whole: str) -> Decimal:
    try:
        funds = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{whole!r} has no amount of dollars") from error
    if not funds.is_finite() or funds < 0:
        raise ValueError(f"{whole!r} has no amount of dollars")
    return funds


def parse_all(
    accounts: Sequence[str], positions: Sequence[str]
) -> tuple[tuple[Deposit, ...], tuple[Holding, ...]]:
    """Read the repeatable options."""
    read = tuple(parse_account(one) for one in accounts)
    return read, tuple(parse_position(one) for one in positions)
