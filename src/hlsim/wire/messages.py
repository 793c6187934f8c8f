"""What clients send on the websocket, and the frames that answer them."""

from typing import Literal

import msgspec

from hlsim.wire.decoding import decode
from hlsim.wire.subscriptions import Subscription


class ClientMessage(msgspec.Struct, frozen=True, tag_field="method"):
    """Base of all client messages."""


class Subscribe(ClientMessage, frozen=True, tag="subscribe"):
    subscription: msgspec.Raw


class Unsubscribe(ClientMessage, frozen=True, tag="unsubscribe"):
    subscription: msgspec.Raw


class Ping(ClientMessage, frozen=True, tag="ping"): ...


class PostRequest(msgspec.Struct, frozen=True):
    """What a post carries: the body one would POST to /info or /exchange."""

    kind: Literal["info", "action"] = msgspec.field(name="type")
    payload: msgspec.Raw


class Post(ClientMessage, frozen=True, tag="post"):
    id: int
    request: PostRequest


AnyMessage = Subscribe | Unsubscribe | Ping | Post


class Frame(msgspec.Struct, frozen=True):
    """A server frame."""

    channel: str
    data: object


_DECODER: msgspec.json.Decoder[AnyMessage] = msgspec.json.Decoder(AnyMessage)
PONG = b'{"channel":"pong"}'


def decode_message(raw: bytes) -> AnyMessage:
    """Read a client message; raises msgspec.DecodeError."""
    return decode(_DECODER, raw)


def frame(channel: str, data: object) -> bytes:
    """Encode a server frame."""
    return msgspec.json.encode(Frame(channel, data))


def acknowledgement(method: str, subscription: Subscription) -> bytes:
    """Encode the normalised echo of a subscribe or unsubscribe."""
    data = {"method": method, "subscription": subscription}
    return frame("subscriptionResponse", data)


def error(text: str) -> bytes:
    """Encode an error; the texts are the protocol document's (§1.5, §5)."""
    return frame("error", text)


def unreadable(raw: bytes) -> bytes:
    """Encode the error for a message that is none."""
    text = raw.decode(errors="replace")
    return error(f"Error parsing JSON into valid websocket request: {text}")


def subscription_error(what: str, subscription: Subscription | msgspec.Raw) -> bytes:
    """Encode an error about a subscription, which the text repeats."""
    return error(f"{what}{msgspec.json.encode(subscription).decode()}")


def post_answer(post_id: int, kind: str, payload: object) -> bytes:
    """Encode the answer to a post; ``kind`` is info, action or error."""
    data = {"id": post_id, "response": {"type": kind, "payload": payload}}
    return frame("post", data)
