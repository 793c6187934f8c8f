"""The files that Grafana loads, by name."""

import json
from collections.abc import Mapping
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from setup.grafana.boards.account import account
from setup.grafana.boards.exchange import exchange
from setup.grafana.boards.infrastructure import infrastructure
from setup.grafana.boards.market_data import market_data
from setup.grafana.boards.overview import overview
from setup.grafana.boards.streams import streams

FOLDER = Path(__file__).parents[1] / "dashboards"
_BOARDS = (overview, market_data, exchange, streams, account, infrastructure)


def files() -> Mapping[str, str]:
    """The same text for the same code, so that a change shows in a diff."""
    made = (board() for board in _BOARDS)
    return {
        f"{board.uid}.json": json.dumps(
            board, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False
        )
        + "\n"
        for board in made
    }
