"""Money that moves without a trade: deposits, withdrawals, transfers (§3.2).

Perp balances are accounts per dex; the spot side is one balance of dollars per user,
which nothing here trades with.
"""

from hlsim.core import margin
from hlsim.core.commands import (
    Done,
    SendAsset,
    SendUsd,
    SubAccountTransfer,
    TransferBetweenClasses,
    VaultTransfer,
    Withdraw,
)
from hlsim.core.house import FEES
from hlsim.core.identity import Identities
from hlsim.core.journal import LedgerUpdate
from hlsim.core.numbers import USD, usd_string
from hlsim.core.pit import Pit
from hlsim.core.refusal import Refused
from hlsim.core.universe import FIRST_DEX
from hlsim.core.vaults import Vaults

SPOT = "spot"
_COIN = "USDC"
WITHDRAWAL_FEE = USD
NOT_ENOUGH = Refused("Insufficient balance for token transfer")
NOT_ENOUGH_TO_WITHDRAW = Refused("Insufficient balance for withdrawal")
# The words of the real exchange for these are not known to us.
BAD_AMOUNT = Refused("Invalid amount")
NO_SUCH_DEX = Refused("Invalid dex")
NOT_YOURS = Refused("Invalid sub-account transfer")
NOT_A_VAULT = Refused("Vault not registered")


class Transfers:
    """Moves dollars; what enters or leaves the exchange is summed up."""

    def __init__(self, pit: Pit, identities: Identities) -> None:
        """Move between the accounts of ``pit``, which belong to ``identities``."""
        self._market = pit.market
        self._clearing = pit.clearing
        self._journal = pit.journal
        self._ids = pit.ids
        self._identities = identities
        self._spot: dict[str, int] = {}
        self._paid_in: dict[str, int] = {}
        self.deposited = 0
        self.vaults = Vaults()

    def spot(self, user: str) -> int:
        """Return a user's dollars on the spot side."""
        return self._spot.get(user, 0)

    def paid_in(self, user: str) -> int:
        """Return what a user's perp accounts were paid, less what left them."""
        return self._paid_in.get(user, 0)

    @property
    def all_spot(self) -> int:
        """All dollars on the spot side."""
        return sum(self._spot.values())

    def deposit(self, user: str, usd: int, now_ms: int) -> None:
        """Let dollars enter the exchange; the user exists from then on."""
        self._identities.add_user(user)
        self._add(user, FIRST_DEX, usd)
        self.deposited += usd
        self._tell(user, now_ms, type="deposit", usdc=usd_string(usd))

    def withdraw(self, user: str, wish: Withdraw, now_ms: int) -> Done | Refused:
        """Let dollars leave the exchange, less its fee of one dollar."""
        if wish.usd <= WITHDRAWAL_FEE:
            return BAD_AMOUNT
        if wish.usd > self._free(user, FIRST_DEX, now_ms):
            return NOT_ENOUGH_TO_WITHDRAW
        self._add(user, FIRST_DEX, -wish.usd)
        self._clearing.accounts.get(FEES).raw_usd += WITHDRAWAL_FEE
        self.deposited -= wish.usd - WITHDRAWAL_FEE
        net = wish.usd - WITHDRAWAL_FEE
        self._tell(
            user, now_ms, type="withdraw", usdc=usd_string(net), nonce=now_ms, fee="1.0"
        )
        return Done()

    def send_usd(self, user: str, wish: SendUsd, now_ms: int) -> Done | Refused:
        """Send dollars from one perp account to another user's."""
        refused = self._move(
            (user, FIRST_DEX), (wish.destination, FIRST_DEX), wish.usd, now_ms
        )
        if refused is None:
            self._tell_both(
                user,
                wish.destination,
                now_ms,
                type="internalTransfer",
                usdc=usd_string(wish.usd),
                user=user,
                destination=wish.destination,
                fee="0.0",
            )
        return refused or Done()

    def between_classes(
        self, user: str, wish: TransferBetweenClasses, now_ms: int
    ) -> Done | Refused:
        """Move dollars between a user's perp and spot side."""
        places = (user, SPOT), (user, FIRST_DEX)
        source, target = places if wish.to_perp else places[::-1]
        refused = self._move(source, target, wish.usd, now_ms)
        if refused is None:
            self._tell(
                user,
                now_ms,
                type="accountClassTransfer",
                usdc=usd_string(wish.usd),
                toPerp=wish.to_perp,
            )
        return refused or Done()

    def send_asset(self, user: str, wish: SendAsset, now_ms: int) -> Done | Refused:
        """Move dollars between dexes, the spot side, and users."""
        known = {*self._market.universe.dexes, SPOT}
        if wish.source_dex not in known or wish.destination_dex not in known:
            return NO_SUCH_DEX
        payer = wish.from_sub_account or user
        if payer != user and not self._owns(user, payer, now_ms):
            return NOT_YOURS
        source = payer, wish.source_dex
        target = wish.destination, wish.destination_dex
        refused = self._move(source, target, wish.usd, now_ms)
        if refused is None:
            self._tell_both(
                payer,
                wish.destination,
                now_ms,
                type="send",
                user=payer,
                destination=wish.destination,
                sourceDex=wish.source_dex,
                destinationDex=wish.destination_dex,
                token=_COIN,
                amount=usd_string(wish.usd),
                usdcValue=usd_string(wish.usd),
                fee="0.0",
                nativeTokenFee="0.0",
                nonce=now_ms,
                feeToken="",
            )
        return refused or Done()

    def sub_account(
        self, master: str, wish: SubAccountTransfer, now_ms: int
    ) -> Done | Refused:
        """Move dollars between a master and one of its sub-accounts."""
        if not self._owns(master, wish.sub_account, now_ms):
            return NOT_YOURS
        places = (master, FIRST_DEX), (wish.sub_account, FIRST_DEX)
        source, target = places if wish.is_deposit else places[::-1]
        refused = self._move(source, target, wish.usd, now_ms)
        if refused is None:
            self._tell_both(
                source[0],
                target[0],
                now_ms,
                type="subAccountTransfer",
                usdc=usd_string(wish.usd),
                user=source[0],
                destination=target[0],
            )
        return refused or Done()

    def _owns(self, master: str, sub_account: str, now_ms: int) -> bool:
        role = self._identities.role(sub_account, now_ms)
        return role.name == "subAccount" and role.master == master

    def vault(self, user: str, wish: VaultTransfer, now_ms: int) -> Done | Refused:
        """Pay into a vault for shares of it, or out of it for what they are worth."""
        leader = self._identities.leader(wish.vault)
        if leader is None or self._identities.role(wish.vault, now_ms).name != "vault":
            return NOT_A_VAULT
        value = self._value(wish.vault, now_ms)
        self.vaults.found(leader, wish.vault, value)
        held = self.vaults.equity(user, wish.vault, value)
        if not wish.is_deposit and wish.usd > held:
            return NOT_ENOUGH
        places = (user, FIRST_DEX), (wish.vault, FIRST_DEX)
        source, target = places if wish.is_deposit else places[::-1]
        refused = self._move(source, target, wish.usd, now_ms)
        if refused is None:
            change = self.vaults.buy if wish.is_deposit else self.vaults.sell
            change(user, wish.vault, wish.usd, value)
            kind = "vaultDeposit" if wish.is_deposit else "vaultWithdraw"
            self._tell_both(
                user,
                wish.vault,
                now_ms,
                type=kind,
                vault=wish.vault,
                user=user,
                usdc=usd_string(wish.usd),
            )
        return refused or Done()

    def vault_equity(self, user: str, vault: str, now_ms: int) -> int:
        """Return what a user's shares of a vault are worth."""
        return self.vaults.equity(user, vault, self._value(vault, now_ms))

    def _value(self, vault: str, now_ms: int) -> int:
        account = self._clearing.accounts.get(vault)
        marks = margin.marks_at(self._market, now_ms)
        state = margin.account_state(account, self._market.universe, marks)
        return state.total.account_value

    def pay_fee(self, user: str, usd: int, now_ms: int, *, kind: str) -> Refused | None:
        """Take a fee of the exchange's from a perp account.

        ``kind`` names it in the ledger; how the real one does is not known.
        """
        if usd > self._free(user, FIRST_DEX, now_ms):
            return NOT_ENOUGH
        self._clearing.accounts.get(user).raw_usd -= usd
        self._clearing.accounts.get(FEES).raw_usd += usd
        self._tell(user, now_ms, type=kind, usdc=usd_string(usd))
        return None

    def _move(
        self, source: tuple[str, str], target: tuple[str, str], usd: int, now_ms: int
    ) -> Refused | None:
        if usd <= 0:
            return BAD_AMOUNT
        if usd > self._free(*source, now_ms):
            return NOT_ENOUGH
        self._add(*source, -usd)
        self._add(*target, usd)
        if self._identities.leader(target[0]) is None:
            self._identities.add_user(target[0])
        return None

    def _add(self, user: str, place: str, usd: int) -> None:
        if place == SPOT:
            self._spot[user] = self.spot(user) + usd
        else:
            self._paid_in[user] = self.paid_in(user) + usd
            self._clearing.accounts.get(user, place).raw_usd += usd

    def _free(self, user: str, place: str, now_ms: int) -> int:
        if place == SPOT:
            return self.spot(user)
        account = self._clearing.accounts.get(user, place)
        mark = margin.marks_at(self._market, now_ms)
        return margin.available(account, self._market.universe, mark)

    def _tell(self, to: str, now_ms: int, /, **delta: object) -> None:
        update = LedgerUpdate(to, now_ms, self._ids.tx_hash(), delta)
        self._journal.ledger(update)

    def _tell_both(
        self, sender: str, receiver: str, now_ms: int, /, **delta: object
    ) -> None:
        self._tell(sender, now_ms, **delta)
        if receiver != sender:
            self._tell(receiver, now_ms, **delta)
