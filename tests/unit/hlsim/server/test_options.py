"""Options are read, or refused with a sentence."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from hlsim.server.assembly import build_exchange
from hlsim.server.options import (
    parse_account,
    parse_dex,
    parse_market,
    parse_mirror,
    parse_position,
)
from hlsim.server.settings import BuilderDex, DexCoin, Holding, RecordedFile, Settings

USER = "0x" + "aB" * 20
XYZ = BuilderDex("xyz", (DexCoin("AAPL", Decimal(190), 2, 10),))
START = 1_760_000_000_000


def test_an_account_has_an_address_and_dollars() -> None:
    account = parse_account(f"{USER}=10000.5")
    assert (account.address, account.funds) == (USER.lower(), Decimal("10000.5"))


def test_an_account_may_have_dollars_on_a_builder_dex() -> None:
    account = parse_account(f"{USER}:xyz=500")
    assert (account.address, account.dex) == (USER.lower(), "xyz")
    deposits = (parse_account(f"{USER}=1000"), account)
    made = build_exchange(Settings(dexes=(XYZ,), accounts=deposits), START)
    assert made.account(USER.lower(), "xyz").cash == 500 * 10**6
    assert made.account(USER.lower()).cash == 1000 * 10**6
    with pytest.raises(ValueError, match="Invalid dex"):
        build_exchange(Settings(accounts=deposits), START)


def test_a_position_may_name_its_leverage() -> None:
    held = parse_position(f"{USER}:kPEPE=-5@0.0093:isolated3")
    assert held == Holding(USER, "kPEPE", "-5", "0.0093", 3, is_cross=False)
    assert parse_position(f"{USER}:BTC=0.5@100000").is_cross


def test_recordings_name_their_coin(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.touch()
    (one, two) = parse_market(f"recorded:{file},ETH={file}")
    assert (one.coin, two.coin, two.path) == ("BTC", "ETH", file)
    assert parse_market("synthetic") == ()


def test_a_mirror_has_a_url() -> None:
    assert parse_mirror("mirror:http://127.0.0.1:3001") == "http://127.0.0.1:3001"
    assert parse_mirror("synthetic") is None
    assert parse_market("mirror:http://127.0.0.1:3001") == ()


def test_the_market_is_named_after_where_prices_come_from() -> None:
    assert Settings().market == "synthetic"
    assert Settings(mirror="http://x").market == "mirror"
    assert Settings(recordings=(RecordedFile(Path("x")),)).market == "recorded"


def test_a_builder_dex_has_coins_in_order() -> None:
    assert parse_dex("xyz:AAPL=190.5@2@10,TSLA=250@3@5") == BuilderDex(
        "xyz",
        (DexCoin("AAPL", Decimal("190.5"), 2, 10), DexCoin("TSLA", Decimal(250), 3, 5)),
    )


WAYS = r"write 0x|dollars|write synthetic|no file|write xyz|write mirror"


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse_account, "me=5"),
        (parse_account, f"{USER}=much"),
        (parse_account, f"{USER}=-5"),
        (parse_account, f"{USER}=nan"),
        (parse_position, f"{USER}:BTC=0.5"),
        (parse_position, "BTC=0.5@1"),
        (parse_market, "real"),
        (parse_market, "recorded"),
        (parse_market, "recorded:nowhere.gz"),
        (parse_market, "mirror:127.0.0.1:3001"),
        (parse_dex, "AAPL=190@2@10"),
        (parse_dex, "xyz:AAPL=190"),
        (parse_dex, "xyz:AAPL=190@2@10,TSLA"),
        (parse_dex, "xyz:AAPL=190@7@10"),
        (parse_dex, "xyz:AAPL=190@2@0"),
    ],
)
def test_what_cannot_be_read_is_named(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match=WAYS):
        read(text)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"symbols": 0}, "symbols"),
        ({"speed": 0.0}, "speed"),
        ({"rate": 0}, "rate"),
        ({"block_ms": 0}, "block"),
        ({"history_days": -1}, "history"),
        ({"symbols": 10, "rate": 100_000}, "at most"),
        ({"mirror": "http://x", "speed": 2.0}, "speed must be 1"),
        ({"mirror": "http://x", "mirror_stale_ms": 0}, "fresh for a while"),
        ({"mirror": "http://x", "dexes": (XYZ,)}, "a mirror"),
        ({"dexes": (XYZ, XYZ)}, "given twice"),
        ({"dexes": (BuilderDex("x", XYZ.coins * 2),)}, "same name"),
        ({"dexes": (BuilderDex("x", (DexCoin("A", Decimal(0), 2, 3),)),)}, "price"),
        ({"dexes": (XYZ,), "recordings": (RecordedFile(Path("x")),)}, "no prices"),
        ({"holdings": (Holding(USER, "BTC", "1", "1"),)}, "has no account"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        build_exchange(Settings(**options), START)  # type: ignore[arg-type] # mixed


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("NOPE=1@1", "no coin called 'NOPE'"),
        ("MATIC=1@1", "delisted"),
        ("BTC=1@1:cross41", "leverage up to 40"),
        ("BTC=0.123456@1", "more than 5 decimals"),
    ],
)
def test_a_position_must_fit_its_coin(text: str, sentence: str) -> None:
    settings = Settings(
        accounts=(parse_account(f"{USER}=1"),),
        holdings=(parse_position(f"{USER}:{text}"),),
    )
    with pytest.raises(ValueError, match=sentence):
        build_exchange(settings, START)
