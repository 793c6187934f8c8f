"""/info: any request and its answer."""

from hlsim.core.exchange import Exchange
from hlsim.wire import requests
from hlsim.wire.answers import market_answer
from hlsim.wire.history_answers import answer_user
from hlsim.wire.user_channels import web_data


def answer(request: requests.Request, exchange: Exchange, now_ms: int) -> object:
    """Return what msgspec shall encode as the answer to any request.

    Raises UnknownCoinError where the real exchange says 500 ``null``.
    """
    if isinstance(request, requests.WebData2):
        return web_data(exchange, request.account, now_ms)
    if isinstance(request, requests.UserRequest):
        return answer_user(request, exchange, now_ms)
    return market_answer(request, exchange, now_ms)
