"""Destroyed and given back; removed without a trace. What comes after starts anew."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.stack.asking import status
from tests.stack.engine import NAME, Project
from tests.stack.test_flow import WEB, count


def tables(project: Project) -> dict[str, tuple[str, str]]:
    """Rows and checksum of each durable table."""
    found = project.sql("SHOW TABLES")
    names = sorted(row[0] for row in found if row[0] != "market_data")
    return {
        name: (
            str(count(project, name)),
            project.sql(f"CHECKSUM TABLE `{name}`")[0][1],
        )
        for name in names
    }


_DIGESTS = """
local function content(key)
  local kind = redis.call('TYPE', key).ok
  if kind == 'string' then return redis.call('GET', key) end
  if kind == 'list' then return cjson.encode(redis.call('LRANGE', key, 0, -1)) end
  if kind == 'zset' then
    return cjson.encode(redis.call('ZRANGE', key, 0, -1, 'WITHSCORES'))
  end
  if kind == 'stream' then
    return cjson.encode(redis.call('XRANGE', key, '-', '+'))
      .. cjson.encode(redis.call('XINFO', 'GROUPS', key))
  end
  local parts = {}
  if kind == 'set' then
    parts = redis.call('SMEMBERS', key)
  else
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do parts[#parts + 1] = all[i] .. '=' .. all[i + 1] end
  end
  table.sort(parts)
  return table.concat(parts, ',')
end
local told = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('TTL', key) == -1 then
    told[#told + 1] = key .. ' ' .. redis.sha1hex(content(key))
  end
end
return told
"""


def keys(project: Project) -> dict[str, str]:
    """A digest of all that Redis holds, but for keys that end by themselves."""
    lines = project.redis("eval", _DIGESTS, "0").splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if line)


def test_a_backup_gives_back_what_was_destroyed(project: Project) -> None:
    everyone = set(project.containers()) - {"mariadb", "redis"}
    project.compose("stop", *sorted(everyone))
    rows, entries = tables(project), keys(project)
    assert int(rows["candles"][0]) > 0
    assert any(name.endswith(":updated") for name in entries)

    file = project.make("backup").strip()
    assert Path(project.folder / file).stat().st_mode & 0o077 == 0
    project.make("clean", "VOLUMES=1", "YES=1")
    assert project.containers() == {}
    project.make("restore", f"FILE={file}", "YES=1", "START=0")

    assert tables(project) == rows
    assert keys(project) == entries
    # And the platform goes on with it.
    project.compose("up", "-d", "--wait", "--wait-timeout", "300", "web")
    assert status(f"{WEB}/api/health/ready") == 200


@contextmanager
def neighbour(image: str) -> Iterator[str]:
    """A container of somebody else, with a name that resembles ours."""
    name = "threet-neighbour"
    run = ["docker", "run", "-d", "--name", name, "--entrypoint", "sleep", image]
    subprocess.run([*run, "600"], check=True, capture_output=True)
    try:
        yield name
    finally:
        subprocess.run(["docker", "rm", "-f", name], check=True, capture_output=True)


def names(*command: str) -> set[str]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_r2_clean_takes_ours_and_nothing_else(begun: Project) -> None:
    with neighbour(begun.service_images()["redis"]) as other:
        begun.make("clean")
        running = names("docker", "ps", "-a", "--format", "{{.Names}}")
        assert other in running
        assert not [one for one in running if one.startswith(f"{NAME}-")]
        networks = names("docker", "network", "ls", "--format", "{{.Name}}")
        assert not [one for one in networks if one.startswith(f"{NAME}_")]
        volumes = names("docker", "volume", "ls", "--format", "{{.Name}}")
        assert f"{NAME}_mariadb" in volumes
