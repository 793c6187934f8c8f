"""Reads a fault plan from a YAML file."""

from pathlib import Path

import yaml

from hlsim.faults.kinds import Plan
from hlsim.faults.reading import read_plan


def load_plan(path: Path) -> Plan:
    """Read the plan in ``path``; raises ValueError with a sentence."""
    try:
        raw = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        lines = " ".join(str(error).split())
        raise ValueError(f"{path} is no YAML: {lines}") from error
    return read_plan(raw)
