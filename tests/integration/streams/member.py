"""A member of the group "tests" that reads its entries and never finishes them."""

import asyncio
import sys
from collections.abc import Sequence

from tests.integration.streams.redis_bus import made_consumer
from threet.model.events import Envelope


async def stuck(envelopes: Sequence[Envelope]) -> None:
    sys.stdout.write(f"{len(envelopes)}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(made_consumer(int(sys.argv[1]), consumer="doomed").run(stuck))
