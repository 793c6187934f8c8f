# One image for every Python process; docker-compose.yml says which one runs.
FROM python:3.11.14-slim-trixie AS build
WORKDIR /build
RUN python -m venv --without-pip /opt/venv
COPY requirements.lock ./
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/venv/bin/python install --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
# The build backend comes from the lock as well.
RUN pip --python /opt/venv/bin/python install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11.14-slim-trixie
# Nobody can write bytecode later, and a health check starts an interpreter every few
# seconds: the standard library, which comes without, is compiled here.
RUN groupadd --gid 10001 threet \
    && useradd --uid 10001 --gid threet --home-dir /tmp threet \
    && python -m compileall -q -x '/(test|lib2to3|site-packages)/' /usr/local/lib/python3.11
COPY --from=build /opt/venv /opt/venv
# PYTHONSAFEPATH: no folder of the caller on Python's path.
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1
WORKDIR /app
USER 10001:10001
CMD ["3t", "--help"]
