"""Whether reports were measured the same way, so that their numbers mean the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from neuropose.analyzer import AngleKind
from neuropose.data import Report
from neuropose.skeletons.sides import SIDES

_MOST_NAMED = 6


def differences(first: Report, second: Report) -> Iterator[str]:
    """Say how two reports were measured differently.

    Parameters
    ----------
    first, second : Report
        Of one task.

    Yields
    ------
    str
        A line for the settings, for the model, and for what was assumed.
    """
    settings = _differing(dict(_flat(first.parameters)), dict(_flat(second.parameters)))
    if settings:
        yield f"measured with different settings: {_some(settings)}"
    models = [
        None if each.provenance.predictions is None else each.provenance.predictions.model
        for each in (first, second)
    ]
    if models[0] != models[1]:
        one, other = (model or "no model" for model in models)
        yield f"the poses come from different sources: {one} and {other}"
    if first.provenance.neuropose_version != second.provenance.neuropose_version:
        yield (
            "measured with different versions of NeuroPose: "
            f"{first.provenance.neuropose_version} and {second.provenance.neuropose_version}"
        )
    for name in first.assumptions:
        if name == "subject" or name not in second.assumptions:
            continue
        one_source, other_source = (
            each.assumptions[name].source.value.replace("_", " ") for each in (first, second)
        )
        if one_source != other_source:
            yield f"{name}: {one_source} in the first, {other_source} in the second"


def other_definition(name: str, first: Report, second: Report) -> str | None:
    """Say how an angle is defined in two reports, if not in the same way.

    Parameters
    ----------
    name : str
        Name of a measure, such as ``knee_flexion_range_left``.
    first, second : Report
        Of one task.

    Returns
    -------
    str or None
        None: in the same way, or the measure is not one of an angle.
    """
    kinds = [_kinds(report, name) for report in (first, second)]
    if not all(kinds) or kinds[0] == kinds[1]:
        return None
    one, other = (" and ".join(kind) for kind in kinds)
    return f"the angle is {one} in the first, {other} in the second: not the same quantity"


def _kinds(report: Report, measure: str) -> list[str]:
    """Kinds of the angles that a measure is of: of one side if it names one, else of both."""
    words = measure.split("_")
    found = set[str]()
    for angle, choice in report.choices.items():
        kind = choice.method.split(":", 1)[0]
        side = next((side for side in SIDES if angle.startswith(f"{side}_")), None)
        asked = side in words or not set(SIDES) & set(words)
        base = angle.removeprefix(f"{side}_")
        if kind in set(AngleKind) and measure.startswith(base) and (side is None or asked):
            found.add(kind)
    return sorted(found)


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} {one.get(name)} and {other.get(name)}"
        for name in dict.fromkeys((*one, *other))
        if one.get(name) != other.get(name)
    ]


def _flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _some(parts: list[str]) -> str:
    more = len(parts) - _MOST_NAMED
    return ", ".join(parts[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
