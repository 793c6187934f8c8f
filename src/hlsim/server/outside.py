"""What faults do to the exchange: changes that no user asked for."""

from hlsim.core.exchange import Exchange
from hlsim.core.numbers import parse_units, px_decimals
from hlsim.core.orders import Status
from hlsim.core.universe import FIRST_DEX, Instrument, flat_table
from hlsim.faults.interventions import InterventionError


class Outside:
    """Implements `hlsim.faults.interventions.Interventions` on an exchange."""

    def __init__(self, exchange: Exchange) -> None:
        """Intervene in ``exchange``."""
        self._exchange = exchange

    def delist(self, coin: str) -> None:
        """Take a coin out of trading; orders on it are canceled, its id stays."""
        asset = self._exchange.asset(coin)
        try:
            self._exchange.delist(asset)
        except ValueError as error:
            raise InterventionError(str(error)) from error

    def enlist(self, name: str, sz_decimals: int, max_leverage: int, px: str) -> None:
        """List a coin; its id is the next one of its dex."""
        dex = name.partition(":")[0] if ":" in name else FIRST_DEX
        instrument = Instrument(
            name=name,
            sz_decimals=sz_decimals,
            max_leverage=max_leverage,
            margin_table=flat_table(max_leverage),
            dex=dex,
        )
        try:
            units = parse_units(px, px_decimals(sz_decimals))
            self._exchange.market.enlist(instrument, units)
        except ValueError as error:
            raise InterventionError(str(error)) from error

    def liquidate(self, user: str) -> None:
        """Liquidate all positions of a user at market."""
        if not self._exchange.liquidate(user):
            raise InterventionError(f"{user} has no position")

    def expire_agent(self, user: str, agent: str) -> None:
        """Let an agent, named by address or name, expire now."""
        exchange = self._exchange
        living = [
            *exchange.identities.agents(user, exchange.now_ms),
            exchange.identities.unnamed_agent(user, exchange.now_ms),
        ]
        for one in living:
            if one is not None and agent.lower() in (one.address, one.name.lower()):
                exchange.identities.expire_agent(one.address, exchange.now_ms)
                return
        raise InterventionError(f"{user} has no agent {agent!r}")

    def set_post_only(self, until_ms: int) -> None:
        """Take only post-only orders until then."""
        self._exchange.judge.post_only_until_ms = until_ms

    def skip_minutes(self, coin: str, minutes: int) -> None:
        """Let minutes pass without trades; their candles come late and flat."""
        asset = self._exchange.asset(coin)
        try:
            self._exchange.hold_back(asset, minutes)
        except ValueError as error:
            raise InterventionError(str(error)) from error

    def drop_orders(
        self, user: str, coin: str | None, *, only_triggers: bool, told: bool
    ) -> None:
        """Let orders vanish, as protective stops did in production (O11)."""
        exchange = self._exchange
        asset = None if coin is None else exchange.asset(coin)
        for order in exchange.open.of(user):
            if asset not in (None, order.asset):
                continue
            if only_triggers and order.trigger is None:
                continue
            if exchange.open.get(user, order.oid) is None:
                continue  # it went with its parent
            if told:
                exchange.executor.cancel(order, Status.INTERNAL_CANCEL, exchange.now_ms)
            else:
                exchange.executor.vanish(order, exchange.now_ms)
