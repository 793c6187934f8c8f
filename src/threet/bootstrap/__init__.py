"""The composition root: settings in, wired objects out; nothing happens on import."""

from threet.bootstrap.parts import (
    CelerySettings,
    ConsumerParts,
    ProcessParts,
    ProducerParts,
    WebParts,
    WorkerParts,
)
from threet.bootstrap.processes import consumer, producer, web_parts
from threet.bootstrap.settings import config

__all__ = [
    "CelerySettings",
    "ConsumerParts",
    "ProcessParts",
    "ProducerParts",
    "WebParts",
    "WorkerParts",
    "config",
    "consumer",
    "producer",
    "web_parts",
]
