"""Process: a Celery worker on eventlet; started by `worker.py` when so configured."""


def main() -> None:
    # Inside, and in this order: what is imported first keeps the unpatched parts.
    import eventlet  # noqa: PLC0415

    eventlet.monkey_patch()

    from threet import bootstrap  # noqa: PLC0415
    from threet.celery_services import worker  # noqa: PLC0415

    worker.run(bootstrap.celery_settings("celery_worker"))


if __name__ == "__main__":
    main()
