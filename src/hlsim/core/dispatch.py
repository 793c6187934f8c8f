"""Carries commands out: one function for each, chosen by its class."""

from collections.abc import Callable, Mapping

from hlsim.core import commands as ask
from hlsim.core.address_budget import AddressBudgets
from hlsim.core.clearing import Clearing
from hlsim.core.commands import Command, Done, Result
from hlsim.core.dead_man import DeadMan
from hlsim.core.desk import OrderDesk
from hlsim.core.execution import Moment
from hlsim.core.gate import Gate
from hlsim.core.identity import Actor, Identities
from hlsim.core.leverage_desk import LeverageDesk
from hlsim.core.refusal import Refused
from hlsim.core.sub_accounts import SubAccount
from hlsim.core.transfers import Transfers
from hlsim.core.twap import TwapDesk

# 0.0005 dollars for each action that is bought (§1.4).
_PER_REQUEST = 500
_HIGHEST_BUILDER_FEE = 100
NOT_APPROVED = Refused("Builder fee has not been approved.")
TOO_HIGH = Refused("Builder fee is too high.")
UNSUPPORTED = Refused("This action is not supported by this exchange.")


class Dispatcher:
    """Knows the desks."""

    def __init__(
        self,
        *,
        gate: Gate,
        identities: Identities,
        budgets: AddressBudgets,
        clearing: Clearing,
        orders: OrderDesk,
        twaps: TwapDesk,
        leverage: LeverageDesk,
        transfers: Transfers,
        dead_man: DeadMan,
    ) -> None:
        """Send commands to these."""
        self._gate = gate
        self._identities = identities
        self._budgets = budgets
        self._clearing = clearing
        self._orders = orders
        self._twaps = twaps
        self._transfers = transfers
        self._dead_man = dead_man
        self._by_desk: Mapping[type[Command], Callable[..., Result]] = {
            ask.UpdateLeverage: leverage.update_leverage,
            ask.UpdateIsolatedMargin: leverage.update_isolated,
            ask.TopUpIsolatedMargin: leverage.top_up,
            ask.SendUsd: transfers.send_usd,
            ask.Withdraw: transfers.withdraw,
            ask.TransferBetweenClasses: transfers.between_classes,
            ask.SendAsset: transfers.send_asset,
            ask.SubAccountTransfer: transfers.sub_account,
            ask.VaultTransfer: transfers.vault,
        }
        self._own: Mapping[type[Command], Callable[..., Result]] = {
            ask.PlaceOrders: self._place,
            ask.CancelOrders: self._cancel,
            ask.ModifyOrders: self._modify,
            ask.ScheduleCancel: self._schedule_cancel,
            ask.PlaceTwap: self._place_twap,
            ask.CancelTwap: self._cancel_twap,
            ask.Noop: self._noop,
            ask.SetReferrer: self._set_referrer,
            ask.CreateSubAccount: self._create_sub_account,
            ask.ReserveRequestWeight: self._reserve,
            ask.ApproveAgent: self._approve_agent,
            ask.ApproveBuilderFee: self._approve_builder,
            ask.SetAbstraction: self._set_abstraction,
        }
        self._builders: dict[tuple[str, str], int] = {}
        self.referrers: dict[str, str] = {}
        self.abstractions: dict[str, str] = {}

    def max_builder_fee(self, user: str, builder: str) -> int:
        """Return what a user approved, in tenths of a basis point."""
        return self._builders.get((user, builder), 0)

    def carry_out(self, command: Command, actor: Actor, at: Moment) -> Result:
        """Do what was asked; a command that nobody here knows is refused."""
        kind = type(command)
        if kind in self._by_desk:
            return self._by_desk[kind](actor.user, command, at.now_ms)
        if kind in self._own:
            return self._own[kind](command, actor, at)
        return UNSUPPORTED

    def _place(self, command: ask.PlaceOrders, actor: Actor, at: Moment) -> Result:
        builder = command.builder
        if builder is not None and builder.fee > self.max_builder_fee(
            actor.master, builder.address
        ):
            return NOT_APPROVED
        outcomes = self._orders.place(
            actor.user,
            command.orders,
            at,
            grouping=command.grouping,
            builder=builder,
        )
        return ask.Statuses(outcomes)

    def _cancel(self, command: ask.CancelOrders, actor: Actor, at: Moment) -> Result:
        errors = [
            self._orders.cancel(actor.user, asset, target, at.now_ms)
            for asset, target in command.targets
        ]
        return ask.CancelResults(errors)

    def _modify(self, command: ask.ModifyOrders, actor: Actor, at: Moment) -> Result:
        outcomes = [
            self._orders.modify(actor.user, target, request, at)
            for target, request in command.modifies
        ]
        return ask.Statuses(outcomes)

    def _schedule_cancel(
        self, command: ask.ScheduleCancel, actor: Actor, at: Moment
    ) -> Result:
        text = self._dead_man.schedule(actor.user, command.time_ms, at.now_ms)
        return Done() if text is None else Refused(text)

    def _place_twap(self, command: ask.PlaceTwap, actor: Actor, at: Moment) -> Result:
        placed = self._twaps.place(actor.user, command.twap, at.now_ms)
        if isinstance(placed, str):
            return ask.TwapFailed(placed)
        return ask.TwapStarted(placed)

    def _cancel_twap(self, command: ask.CancelTwap, actor: Actor, at: Moment) -> Result:
        error = self._twaps.cancel(actor.user, command.twap_id, at.now_ms)
        return ask.TwapCanceled(error)

    def _noop(self, command: ask.Noop, actor: Actor, at: Moment) -> Result:
        return Done()

    def _set_referrer(
        self, command: ask.SetReferrer, actor: Actor, at: Moment
    ) -> Result:
        if actor.master in self.referrers:
            return Refused("Referrer already set.")
        self.referrers[actor.master] = command.code
        self._clearing.fees.refer(actor.master)
        return Done()

    def _create_sub_account(
        self, command: ask.CreateSubAccount, actor: Actor, at: Moment
    ) -> Result:
        volume = self._clearing.fees.volume(actor.master).total
        made = self._identities.create_sub_account(actor.master, command.name, volume)
        if isinstance(made, SubAccount):
            return ask.SubAccountCreated(made.address)
        return made

    def _reserve(
        self, command: ask.ReserveRequestWeight, actor: Actor, at: Moment
    ) -> Result:
        cost = command.requests * _PER_REQUEST
        refused = self._transfers.pay_fee(
            actor.user, cost, at.now_ms, kind="reserveRequestWeight"
        )
        if refused is None:
            self._budgets.of(actor.user).reserve(command.requests)
        return refused or Done()

    def _approve_agent(
        self, command: ask.ApproveAgent, actor: Actor, at: Moment
    ) -> Result:
        approved = self._identities.approve_agent(
            actor.master, command.address, command.name, at.now_ms
        )
        if isinstance(approved, Refused):
            return approved
        for address in approved.retired:
            self._gate.nonces.forget(address)
        return Done()

    def _approve_builder(
        self, command: ask.ApproveBuilderFee, actor: Actor, at: Moment
    ) -> Result:
        if command.tenths_bp > _HIGHEST_BUILDER_FEE:
            return TOO_HIGH
        self._builders[actor.master, command.builder] = command.tenths_bp
        return Done()

    def _set_abstraction(
        self, command: ask.SetAbstraction, actor: Actor, at: Moment
    ) -> Result:
        if command.abstraction not in ("default", "disabled"):
            return UNSUPPORTED
        self.abstractions[actor.master] = command.abstraction
        return Done()
