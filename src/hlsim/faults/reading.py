"""Reads a plan from plain values, and names everything that is wrong with it."""

from collections.abc import Iterator, Mapping

import msgspec

from hlsim.faults.kinds import KINDS, Plan
from hlsim.faults.plan import Fault

_BY_KIND = {str(kind.__struct_config__.tag): kind for kind in KINDS}
_PLAN_KEYS = ("seed", "faults")


class PlanError(ValueError):
    """A plan that cannot be followed; ``problems`` each begin with their place."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        return f"the fault plan is wrong: {'; '.join(self.problems)}"


def read_plan(raw: object) -> Plan:
    """Read ``{"seed": 7, "faults": [...]}``; raises PlanError with all problems."""
    if not isinstance(raw, Mapping):
        raise PlanError(["the plan must be a mapping with the key 'faults'"])
    problems = [f"unknown key {key!r}" for key in raw if key not in _PLAN_KEYS]
    seed = raw.get("seed")
    if not isinstance(seed, int | None) or isinstance(seed, bool):
        problems.append("seed: must be an integer")
    rows = () if raw.get("faults") is None else raw["faults"]
    if not isinstance(rows, list | tuple):
        raise PlanError([*problems, "faults: must be a list"])
    faults: list[Fault] = []
    for number, row in enumerate(rows):
        try:
            faults.append(read_fault(row, f"faults[{number}]"))
        except PlanError as error:
            problems += error.problems
    if problems:
        raise PlanError(problems)
    return Plan(faults=tuple(faults), seed=seed)


def read_fault(raw: object, place: str) -> Fault:
    """Read one fault, called ``place`` in what PlanError says of it."""
    if not isinstance(raw, Mapping):
        raise PlanError([f"{place}: must be a mapping"])
    kind = raw.get("kind")
    found = _BY_KIND.get(kind) if isinstance(kind, str) else None
    if found is None:
        known = ", ".join(_BY_KIND)
        raise PlanError([f"{place}.kind: {kind!r} is none of {known}"])
    problems = list(_misfits(raw, found, place))
    if problems:
        raise PlanError(problems)
    fault = msgspec.convert(raw, found)
    contradictions = [f"{place}: {text}" for text in fault.problems()]
    if contradictions:
        raise PlanError(contradictions)
    return fault


def _misfits(
    raw: Mapping[object, object], kind: type[Fault], place: str
) -> Iterator[str]:
    fields = {one.encode_name: one for one in msgspec.structs.fields(kind)}
    for key, value in raw.items():
        if key == "kind":
            continue
        if not isinstance(key, str) or key not in fields:
            yield f"{place}: unknown key {key!r}"
            continue
        try:
            msgspec.convert(value, fields[key].type)
        except msgspec.ValidationError as error:
            yield f"{place}.{key}: {error}"
    for name, one in fields.items():
        if one.required and name not in raw:
            yield f"{place}.{name}: is missing"
