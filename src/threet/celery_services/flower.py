"""Process: Flower, the view of Celery's tasks and workers. `python -m` starts it.

Its own settings are FLOWER_* in the environment, as its documentation names them.
"""

import os

from threet import bootstrap
from threet.celery_services import logs
from threet.celery_services.app import make_app
from threet.model.errors import ConfigurationError


@bootstrap.telling_refusals()
def main() -> None:
    if not os.environ.get("FLOWER_BASIC_AUTH"):
        raise ConfigurationError(["FLOWER_BASIC_AUTH: user:password has to be set"])
    settings = bootstrap.celery_settings("flower")
    logs.keep_ours(settings.log_level)
    app = make_app(settings, bootstrap.worker_parts)
    app.start(argv=["--quiet", "flower"])


if __name__ == "__main__":
    main()
