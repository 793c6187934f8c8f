"""`3t products add` of what the catalogue does not have."""

from threet.cli.products import unlisted


def test_a_product_of_a_dex_that_is_not_followed_is_not_called_unlisted() -> None:
    said = unlisted("xyz:AAPL", ["flx"])
    assert said == "'xyz:AAPL': add xyz to exchanges.hyperliquid.dexes first"
    assert unlisted("xyz:NOPE", ["xyz"]) == "the exchange lists no 'xyz:NOPE'"
    assert unlisted("NOPE", []) == "the exchange lists no 'NOPE'"
