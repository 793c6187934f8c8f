"""/info: any request and its answer."""

from hlsim.core.exchange import Exchange
from hlsim.wire import history_answers, requests
from hlsim.wire.answers import market_answer


def answer(request: requests.Request, exchange: Exchange, now_ms: int) -> object:
    """Return what msgspec shall encode as the answer to any request.

    Raises UnknownCoinError where the real exchange says 500 ``null``.
    """
    if isinstance(request, requests.UserRequest):
        return history_answers.user_answer(request, exchange, now_ms)
    return market_answer(request, exchange, now_ms)
