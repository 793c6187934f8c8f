"""What can be set about the exchange itself; facts in conflict are terms too."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hlsim.core.address_budget import INITIAL_ALLOWANCE
from hlsim.core.agents import AgentRules
from hlsim.core.sub_accounts import SubAccountRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One exchange's terms.

    ``scheduled_cancel_volume`` is what must have been traded (in dollars) before a
    cancel may be scheduled; ``address_allowance`` how many actions an address may send
    before its first trade, 0 for no limit; ``vaults`` maps vaults to their leaders.

    What sources contradict each other about, or nobody documents (§10): whether a Gtc
    that traded in part answers ``filled`` instead of ``resting``; whether the errors
    of a batch's payload are told for each order instead of once for all; whether
    `userFillsByTime` begins with the newest.
    """

    scheduled_cancel_volume: int = 1_000_000
    address_allowance: int = INITIAL_ALLOWANCE
    agents: AgentRules = field(default_factory=AgentRules)
    sub_accounts: SubAccountRules = field(default_factory=SubAccountRules)
    vaults: Mapping[str, str] = field(default_factory=dict)
    partial_gtc_is_filled: bool = False
    batch_errors_are_each: bool = False
    fills_by_time_newest_first: bool = False

    def __post_init__(self) -> None:
        if min(self.scheduled_cancel_volume, self.address_allowance) < 0:
            raise ValueError("volumes and allowances must not be negative")
