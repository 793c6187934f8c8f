"""The composition root: settings in, wired objects out; nothing happens on import."""

from threet.bootstrap.parts import (
    CelerySettings,
    ConsumerParts,
    ProcessParts,
    ProducerParts,
    WebParts,
    WebTrading,
    WorkerParts,
)
from threet.bootstrap.processes import consumer, producer, web_parts
from threet.bootstrap.refusal import telling_refusals
from threet.bootstrap.settings import config
from threet.bootstrap.workers import board_beat, celery_settings, worker_parts

__all__ = [
    "CelerySettings",
    "ConsumerParts",
    "ProcessParts",
    "ProducerParts",
    "WebParts",
    "WebTrading",
    "WorkerParts",
    "board_beat",
    "celery_settings",
    "config",
    "consumer",
    "producer",
    "telling_refusals",
    "web_parts",
    "worker_parts",
]
