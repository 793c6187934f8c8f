"""The terms of an account's perpetuals, through the one door to the exchange."""

from threet.ports.asset_terms import AssetTerms, AssetTermsReader
from threet.resilience import request_weights as weights
from threet.resilience.access_policy import RequestClass
from threet.resilience.guarded_reader import Access, Request


class GuardedAssetTerms:
    """Implements ``AssetTermsReader``."""

    def __init__(self, reader: AssetTermsReader, access: Access) -> None:
        self._reader = reader
        self._access = access

    def terms(self, address: str, symbol: str) -> AssetTerms:
        return self._access.execute_with_retry(
            lambda: self._reader.terms(address, symbol),
            RequestClass.ACCOUNT,
            Request(name="activeAssetData", weight=weights.PLAIN),
        )
