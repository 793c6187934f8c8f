"""The doctor on hlsim over sockets: an account, its agent, and what may ail them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from hlsim.core.exchange import Exchange
from hlsim.core.intervals import DAY_MS
from hlsim.faults.plan import Fault
from hlsim.server.settings import BuilderDex, Deposit, DexCoin, Limits, Settings
from hlsim.testing import Served, serving
from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import processes
from threet.bootstrap.doctor import Doctor
from threet.config.sections import Sections
from threet.config.settings import load
from threet.model.findings import Finding

# Keys of nobody, for tests only.
KEY, OTHER_KEY, OWN_KEY = ("0x" + byte * 32 for byte in ("5e", "6e", "7e"))
AGENT = Signer(KEY, "b").address
OTHERS_AGENT = Signer(OTHER_KEY, "b").address
ACCOUNT = Signer(OWN_KEY, "b").address
STRANGER = "0x" + "b" * 40
FUNDS = Decimal(1_000)
_PREFIX = "THREET_EXCHANGES__HYPERLIQUID__"
_STRATEGIES = (
    '[{"name": "hold", "strategy": "buy_and_hold", "parameters": {"symbol": "BTC"}}]'
)


@dataclass
class Clinic:
    served: Served
    folder: Path
    clock: SystemClock = field(default_factory=SystemClock)

    def environment(self, **more: str) -> Mapping[str, str]:
        return {
            "THREET_DATA_DIR": str(self.folder),
            "THREET_STRATEGIES": _STRATEGIES,
            f"{_PREFIX}SIMULATOR_URL": self.served.url,
            f"{_PREFIX}REQUEST_TIMEOUT_SECS": "20",
            f"{_PREFIX}WALLET_ADDRESS": ACCOUNT,
            f"{_PREFIX}PRIVATE_KEY": KEY,
            **more,
        }

    def settings(self, **more: str) -> Sections:
        named = {_PREFIX + name: value for name, value in more.items() if name in _OWN}
        rest = {name: value for name, value in more.items() if name not in _OWN}
        return load(self.folder, self.environment(**named, **rest))

    def examined(self, *, trades: bool = False, **more: str) -> dict[str, Finding]:
        doctor = Doctor(
            settings=self.settings(**more),
            clock=self.clock,
            trades=trades,
            is_alone=True,
        )
        return {one.name: one for one in doctor.findings()}

    def prepare(self) -> None:
        """As `3t up` does before anything else."""
        processes.prepared_database(self.settings())

    def at_exchange(self, work: Callable[[Exchange], object]) -> None:
        self.served.call(work)

    def approve(self, agent: str, *, days: int) -> None:
        """Under the name "short", until then."""
        now_ms = self.clock.now_ms()
        name = f"short valid_until {now_ms + days * DAY_MS}"
        self.at_exchange(
            lambda exchange: exchange.identities.approve_agent(
                ACCOUNT, agent, name, now_ms
            )
        )

    def strike(self, fault: Fault) -> None:
        """Let the exchange suffer it from now on; it does when this returns."""
        faults = self.served.server.faults
        assert faults is not None

        def now(_: object) -> None:
            # By its own clock: by another, a little ahead, it would not be due yet.
            faults.injector.add(fault, faults.clock.now_ms())
            faults.events.carry_out_due()

        self.served.call(now)


_OWN = (
    *("DEXES", "WALLET_ADDRESS", "PRIVATE_KEY", "ALLOW_OWN_KEY"),
    *("NETWORK", "SIMULATOR_URL"),
)


@contextmanager
def opened(folder: Path) -> Iterator[Clinic]:
    settings = Settings(
        symbols=3,
        dexes=(
            BuilderDex("xyz", (DexCoin("AAPL", Decimal(190), 2, 10),)),
            BuilderDex("flx", (DexCoin("GOLD", Decimal(4000), 3, 5),)),
        ),
        history_days=0,
        limits=Limits(ip_weight=0, ws_connections=0),
        accounts=(
            Deposit(address=ACCOUNT, funds=FUNDS),
            Deposit(address=STRANGER, funds=FUNDS),
            Deposit(address=ACCOUNT, funds=FUNDS / 2, dex="xyz"),
        ),
        agents=((ACCOUNT, AGENT), (STRANGER, OTHERS_AGENT)),
        control_port=0,
    )
    with serving(settings) as served:
        yield Clinic(served, folder)
