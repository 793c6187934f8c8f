"""Who may trade, as hlsim tells it: approved, of another, expired (O12)."""

from decimal import Decimal

import pytest

from hlsim.faults.kinds import ExpireAgent
from hlsim.server.settings import Deposit, Limits, Settings
from hlsim.testing import serving
from tests.servers import wait_until
from threet.accounts.authority import authority
from threet.adapters.hyperliquid.identity import HyperliquidIdentity
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.system_clock import SystemClock
from threet.model.errors import ConfigurationError
from threet.ports.identity import AccountMode, Role

MASTER, OTHER, AGENT = ("0x" + letter * 40 for letter in "abc")


def test_o12_f32_f33_the_exchange_says_who_may_trade() -> None:
    clock = SystemClock()
    settings = Settings(
        symbols=1,
        history_days=0,
        limits=Limits(ip_weight=0),
        accounts=tuple(
            Deposit(address=one, funds=Decimal(9)) for one in (MASTER, OTHER)
        ),
        agents=((MASTER, AGENT),),
        control_port=0,
    )
    with serving(settings) as served:
        info = Posting(url=f"{served.url}/info", clock=clock, timeout_secs=30)
        reader = HyperliquidIdentity(info)
        now_ms = clock.now_ms()
        found = authority(reader, account=MASTER, signer=AGENT, now_ms=now_ms)
        assert found.vault is None
        assert reader.leader(OTHER) is None
        assert reader.mode(MASTER) is AccountMode.SEPARATE
        assert reader.standing("0x" + "d" * 40).role is Role.MISSING
        with pytest.raises(ConfigurationError, match="agent of " + MASTER):
            authority(reader, account=OTHER, signer=AGENT, now_ms=now_ms)
        faults = served.server.faults
        assert faults is not None

        def expire(_: object) -> None:
            fault = ExpireAgent(user=MASTER, agent=AGENT)
            faults.injector.add(fault, clock.now_ms())
            faults.events.carry_out_due()

        served.call(expire)
        # At the exchange's next moment.
        wait_until(lambda: reader.standing(AGENT).role is not Role.AGENT, "expired")
        with pytest.raises(ConfigurationError, match="no agent"):
            authority(reader, account=MASTER, signer=AGENT, now_ms=clock.now_ms())
