"""The configured builder dexes one by one, for whoever asks what is the matter."""

from collections.abc import Sequence

from threet.adapters.hyperliquid import answers
from threet.adapters.hyperliquid.dex_catalogue import DexCatalogue
from threet.adapters.hyperliquid.dexes import BuilderDexes
from threet.adapters.hyperliquid.posting import Posting
from threet.model.accounts import AccountState
from threet.model.products import dex_of
from threet.ports.clock import Clock
from threet.ports.dex_standings import DexStanding


class HyperliquidDexStandings:
    """Implements ``threet.ports.dex_standings.DexStandings``."""

    def __init__(self, info: Posting, names: Sequence[str], clock: Clock) -> None:
        self._info = info
        self._names = names
        self._clock = clock
        self._catalogue = DexCatalogue(BuilderDexes(info, names, clock))

    def standings(self, address: str | None) -> Sequence[DexStanding]:
        listed = [dex_of(one.symbol) for one in self._catalogue.products()]
        found = []
        for dex in self._names:
            amiss = self._catalogue.amiss(dex)
            is_asked = address is not None and not amiss
            found.append(
                DexStanding(
                    dex=dex,
                    amiss=amiss,
                    products=listed.count(dex),
                    account=self._state(str(address), dex) if is_asked else None,
                )
            )
        return found

    def _state(self, address: str, dex: str) -> AccountState:
        return answers.ask_account(self._info, address, dex, self._clock)
