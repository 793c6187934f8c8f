"""Funding rates, through the one door to the exchange."""

from collections.abc import Mapping

from threet.ports.funding import FundingReader
from threet.resilience import request_weights as weights
from threet.resilience.access_policy import RequestClass
from threet.resilience.guarded_reader import Access, Request


class GuardedFunding:
    """Implements ``FundingReader``."""

    def __init__(self, reader: FundingReader, access: Access) -> None:
        self._reader = reader
        self._access = access

    def rates(self) -> Mapping[str, float]:
        request = Request(name="metaAndAssetCtxs", weight=weights.PLAIN)
        return self._access.execute_with_retry(
            self._reader.rates, RequestClass.READS, request
        )
