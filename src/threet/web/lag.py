"""Which consumer groups fall behind their streams, in words."""

from collections.abc import Sequence

from threet.ports.live_view import StreamState

# Two batches: less is work under way. And from a quarter of what the stream holds on
# it is nearer to a loss than a burst explains.
_LEAST_ENTRIES = 1_000
_SHARE = 4


def reasons(streams: Sequence[StreamState]) -> Sequence[str]:
    """A lag that the server cannot tell is not taken for one."""
    return [
        f"{group.group} is {group.lag} entries behind in {stream.stream}"
        for stream in streams
        for group in stream.groups
        if group.lag is not None
        and group.lag >= max(_LEAST_ENTRIES, stream.length // _SHARE)
    ]
