"""Lives a market through, as the exchange does: what trades is printed."""

from hlsim.core.market import Changes, Market


def lived(market: Market, until_ms: int) -> list[Changes]:
    blocks: list[Changes] = []
    for block in market.advance(until_ms):
        for asset, trades in block.trades:
            market.printed(asset, trades)
        blocks.append(block)
    return blocks
