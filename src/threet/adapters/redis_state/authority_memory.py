"""That a key may trade for an account, over restarts of who trades."""

import msgspec
from redis import Redis

from threet.accounts.authority import Authority
from threet.adapters.redis_state import keys
from threet.adapters.redis_state.faults import redis_errors

_DAY_SECS = 86_400
_AUTHORITY: msgspec.json.Decoder[Authority] = msgspec.json.Decoder(Authority)


class RedisAuthorityMemory:
    """Implements ``threet.accounts.trading_rights.AuthorityMemory``.

    What was found where an account's own key may sign says nothing where it may not.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        network: str,
        account: str,
        signer: str,
        allows_own: bool,
    ) -> None:
        self._redis = redis
        self._key = keys.authority(network, account, signer, allows_own=allows_own)

    def keep(self, found: Authority) -> None:
        with redis_errors():
            self._redis.set(self._key, msgspec.json.encode(found), ex=_DAY_SECS)

    def forget(self) -> None:
        with redis_errors():
            self._redis.delete(self._key)

    def recall(self) -> Authority | None:
        with redis_errors():
            kept = self._redis.get(self._key)
        try:
            return None if kept is None else _AUTHORITY.decode(kept)
        except msgspec.DecodeError:
            return None  # of another version
