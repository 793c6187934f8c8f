"""The sections of config.yml and secrets.yml; each default is the embedded run's."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from threet.model.candles import Timeframe

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_KEY = re.compile(r"0x[0-9a-fA-F]{64}")
_TOKEN = re.compile(r"[!-~]{20,200}")


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("must be 0x and 40 hex digits, in quotes")
    return value.lower()


def _private_key(value: SecretStr) -> SecretStr:
    if not _KEY.fullmatch(value.get_secret_value()):
        raise ValueError("must be 0x and 64 hex digits, in quotes")
    return value


def _webhook(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return value


def _token(value: SecretStr) -> SecretStr:
    token = value.get_secret_value()
    if not _TOKEN.fullmatch(token):
        raise ValueError("must be 20 to 200 printable characters without spaces")
    return value


def _url(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        scheme, separator, rest = value.partition("://")
        if not separator or scheme not in schemes or not rest:
            raise ValueError(
                f"must start with {' or '.join(f'{s}://' for s in schemes)}"
            )
        return value

    return AfterValidator(check)


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise ValueError("must name each once")
    return names


Address = Annotated[str, AfterValidator(_address)]
PrivateKey = Annotated[SecretStr, AfterValidator(_private_key)]
DexName = Annotated[str, Field(pattern="^[a-z0-9]{1,16}$")]
Port = Annotated[int, Field(ge=1, le=65535)]
# 0 switches an entry of the schedule off.
Seconds = Annotated[float, Field(ge=0, le=86_400)]


class DatabaseSettings(Section):
    """MariaDB at ``host``; without a host SQLite, a file in data_dir."""

    host: str | None = None
    port: Port = 3306
    user: str = "threet"
    name: str = "threet"
    password: SecretStr | None = None


class StreamLengths(Section):
    """Entries kept of each stream; the oldest beyond it are trimmed, and counted."""

    prices_updated: Annotated[int, Field(ge=1000)] = 100_000
    trades_printed: Annotated[int, Field(ge=1000)] = 100_000
    books_updated: Annotated[int, Field(ge=100)] = 5_000
    candles_formed: Annotated[int, Field(ge=100)] = 10_000
    candles_closed: Annotated[int, Field(ge=1000)] = 100_000
    balance_updated: Annotated[int, Field(ge=1000)] = 100_000
    positions_updated: Annotated[int, Field(ge=1000)] = 100_000
    fills_received: Annotated[int, Field(ge=1000)] = 100_000
    targets_decided: Annotated[int, Field(ge=1000)] = 100_000
    alerts_raised: Annotated[int, Field(ge=100)] = 10_000
    dead_letters: Annotated[int, Field(ge=100)] = 10_000


class RedisSettings(Section):
    """Without a host `3t up` starts a private Valkey and tells its processes where."""

    host: str | None = None
    port: Port = 6379
    db: Annotated[int, Field(ge=0)] = 0
    password: SecretStr | None = None
    streams: StreamLengths = StreamLengths()


class ScheduleSettings(Section):
    """How often each beat entry runs, in seconds; 0 switches it off."""

    update_balance: Seconds = 30
    schedule_market_data: Seconds = 5
    repair_candle_gaps: Seconds = 10
    rewarm_market_data: Seconds = 20
    relay_outbox: Seconds = 5
    check_exchange_health: Seconds = 300
    refresh_catalogue: Seconds = 3600
    canary: Seconds = 30


class CelerySettings(Section):
    """``autoscale`` is [most, fewest] threads or processes of one worker."""

    schedules: ScheduleSettings = ScheduleSettings()
    pool: Literal["threads", "prefork", "solo", "eventlet"] = "threads"
    autoscale: tuple[
        Annotated[int, Field(ge=1, le=200)], Annotated[int, Field(ge=1, le=200)]
    ] = (12, 2)


class MarketDataSettings(Section):
    """``products`` beyond the kept ones are added at start; names as the exchange has
    them ("kPEPE"). ``books`` are the symbols whose whole order book is streamed."""

    timeframes: tuple[Timeframe, ...] = (
        Timeframe.M1,
        Timeframe.M5,
        Timeframe.M15,
        Timeframe.H1,
        Timeframe.H4,
        Timeframe.D1,
    )
    concurrency_limit: Annotated[int, Field(ge=1, le=100)] = 10
    hot_candles: Annotated[int, Field(ge=10, le=5000)] = 500
    products: tuple[str, ...] = ()
    books: tuple[str, ...] = ("BTC", "ETH")
    stale_after_secs: Annotated[float, Field(gt=0, le=3600)] = 10


class BreakerSettings(Section):
    """After so many operations of a class failed, it is not asked for a while."""

    failures: Annotated[int, Field(ge=1, le=1000)] = 5
    reset_secs: Annotated[float, Field(gt=0, le=86_400)] = 300


class HyperliquidSettings(Section):
    """``wallet_address`` is the account (never the agent wallet); an address is enough
    to read balances. URLs are derived from ``network`` unless they are given;
    ``simulator_url`` is that of the network "simulator" and of no other. ``dexes`` are
    builders' (HIP-3), whose products are streamed and traded beside the first dex's."""

    network: Literal["mainnet", "testnet", "simulator"] = "simulator"
    rest_url: Annotated[str, _url("http", "https")] | None = None
    websocket_url: Annotated[str, _url("ws", "wss")] | None = None
    # Where `hlsim serve` listens by default.
    simulator_url: Annotated[str, _url("http", "https")] = "http://127.0.0.1:3001"
    dexes: Annotated[tuple[DexName, ...], AfterValidator(_each_once)] = ()
    wallet_address: Address | None = None
    private_key: PrivateKey | None = None
    allow_own_key: bool = False
    request_timeout_secs: Annotated[float, Field(gt=0, le=120)] = 10
    weight_per_minute: Annotated[int, Field(ge=300, le=1200)] = 1200
    local_weight_per_minute: Annotated[int, Field(ge=30, le=600)] = 120
    breaker: BreakerSettings = BreakerSettings()
    retries_secs: tuple[Annotated[float, Field(gt=0, le=30)], ...] = (1, 2, 4)
    websocket_connections: Annotated[int, Field(ge=1, le=9)] = 4


class ExchangesSettings(Section):
    hyperliquid: HyperliquidSettings = HyperliquidSettings()


class WebSettings(Section):
    """``allowed_hosts`` are further names under which a browser may ask for the page;
    loopback names always may. With a ``token`` nothing is shown without it."""

    host: str = "127.0.0.1"
    port: Port = 8080
    allowed_hosts: tuple[str, ...] = ()
    token: Annotated[SecretStr, AfterValidator(_token)] | None = None


class AlertSettings(Section):
    """Where alerts go beside the log and the stream; the URL may hold a token."""

    webhook_url: Annotated[SecretStr, AfterValidator(_webhook)] | None = None
    cooldown_secs: Annotated[float, Field(ge=1, le=86_400)] = 300


class ElasticSettings(Section):
    """Where traces are kept and looked at; without a URL nothing is asked of them."""

    url: Annotated[str, _url("http", "https")] | None = None
    kibana_url: Annotated[str, _url("http", "https")] | None = None
    user: str = "elastic"
    password: SecretStr | None = None
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 14


class ObservabilitySettings(Section):
    """Traces and metrics leave a process only with OTEL_EXPORTER_OTLP_ENDPOINT; of
    received frames one in ``trace_every_ticks`` is traced, 0 for none."""

    elastic: ElasticSettings = ElasticSettings()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"
    trace_every_ticks: Annotated[int, Field(ge=0, le=1_000_000)] = 1000
    metrics_every_secs: Annotated[float, Field(ge=1, le=300)] = 10


Amount = Annotated[Decimal, Field(gt=0, le=1_000_000_000)]


class RunLimitSettings(Section):
    """What a run may hold and lose at most, in USDC, beside the account's limits."""

    most_position: Amount | None = None
    most_gross: Amount | None = None
    most_loss: Amount | None = None


class StrategySettings(Section):
    """A run: a strategy of the catalogue under a ``name`` of its own, which its
    positions and its memory are kept by."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern="^[a-z0-9_-]+$")]
    strategy: str
    parameters: dict[str, str | int | float | bool | list[str]] = {}
    limits: RunLimitSettings = RunLimitSettings()


Share = Annotated[Decimal, Field(gt=0, le=1)]
Multiple = Annotated[Decimal, Field(gt=0, le=50)]


class GroupSettings(Section):
    symbols: tuple[str, ...]
    most_notional: Amount


class RiskSettings(Section):
    """What the account may risk at most, all runs together; amounts in USDC."""

    most_order_notional: Amount = Decimal(10_000)
    most_day_notional: Amount = Decimal(200_000)
    most_position_notional: Amount = Decimal(25_000)
    most_gross: Multiple = Decimal(3)
    most_net: Multiple = Decimal(2)
    price_band: Share = Decimal("0.05")
    most_price_age_ms: Annotated[int, Field(ge=100, le=600_000)] = 10_000
    most_account_age_ms: Annotated[int, Field(ge=1_000, le=3_600_000)] = 120_000
    most_orders_a_minute: Annotated[int, Field(ge=1, le=10_000)] = 60
    most_daily_loss: Share = Decimal("0.05")
    most_drawdown: Share = Decimal("0.20")
    least_liquidation_distance: Share = Decimal("0.10")
    groups: dict[str, GroupSettings] = {}


class ExecutionSettings(Section):
    """How a position comes to what is wanted."""

    style: Literal["market", "passive", "twap"] = "market"
    bound: Annotated[Decimal, Field(gt=0, le=Decimal("0.1"))] = Decimal("0.005")
    least_notional: Annotated[Decimal, Field(ge=10, le=100_000)] = Decimal(15)
    least_share: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.05")
    every_secs: Annotated[float, Field(ge=0.2, le=60)] = 1.0
    leverage: Annotated[int, Field(ge=1, le=50)] | None = None
    margin: Literal["cross", "isolated"] = "cross"
    dead_man_secs: Annotated[int, Field(ge=0, le=3600)] = 0
    on_mainnet: bool = False


class Sections(Section):
    """Both files together; the environment overrides, ``THREET_REDIS__PORT=6380``."""

    data_dir: Path = Path("data")
    database: DatabaseSettings = DatabaseSettings()
    redis: RedisSettings = RedisSettings()
    celery: CelerySettings = CelerySettings()
    market_data: MarketDataSettings = MarketDataSettings()
    exchanges: ExchangesSettings = ExchangesSettings()
    strategies: tuple[StrategySettings, ...] = ()
    risk: RiskSettings = RiskSettings()
    execution: ExecutionSettings = ExecutionSettings()
    web: WebSettings = WebSettings()
    alerts: AlertSettings = AlertSettings()
    observability: ObservabilitySettings = ObservabilitySettings()
