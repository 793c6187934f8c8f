"""Error replies: which of them pass, and which no waiting mends."""

import pytest

from threet.adapters.redis_streams.pipe import RefusedCommandError

PASSING = [
    "LOADING Redis is loading the dataset in memory",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "READONLY You can't write against a read only replica.",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "TRYAGAIN Multiple keys request during rehashing of slot",
    "BUSY Redis is busy running a script.",
    "MISCONF Redis is configured to save RDB snapshots, but cannot persist on disk.",
    "CLUSTERDOWN The cluster is down",
    "NOREPLICAS Not enough good replicas to write.",
    "ERR max number of clients reached",
    "NOGROUP No such key 'prices:updated' or consumer group",
]
FINAL = [
    "WRONGPASS invalid username-password pair or user is disabled.",
    "NOPERM User default has no permissions to run the 'xadd' command",
    "NOAUTH Authentication required.",
    "WRONGTYPE Operation against a key holding the wrong kind of value",
    "DENIED Redis is running in protected mode",
    "ERR unknown command 'XAUTOCLAIM', with args beginning with: ",
    "ERR Unknown subcommand or wrong number of arguments for 'CREATE'.",
    "ERR syntax error",
    "ERR AUTH <password> called without any password configured",
    "ERR DB index is out of range",
]


@pytest.mark.parametrize("answer", PASSING)
def test_a_refusal_that_passes_is_not_final(answer: str) -> None:
    assert not RefusedCommandError(answer).is_final


@pytest.mark.parametrize("answer", FINAL)
def test_a_refusal_that_no_waiting_mends_is_final(answer: str) -> None:
    assert RefusedCommandError(answer).is_final
