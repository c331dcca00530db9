"""What a report's numbers rest on, and the warning beside every number that scales with a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from neuropose.analyzer.kinematics.orientation import Vertical, VerticalMethod
from neuropose.data import Assumption, Measure, Source, Table
from neuropose.geometry import direction_name
from neuropose.sequence.data import SequenceData

_LENGTHS, _TIMES = frozenset({"mm", "cm", "m"}), frozenset({"s", "min", "Hz"})
_SCALES: Mapping[str, tuple[str, frozenset[str]]] = {
    "camera": ("lengths and speeds, as far as they lie in depth, scale with the", _LENGTHS),
    "height": ("lengths and speeds scale with the", _LENGTHS),
    "unit": ("lengths and speeds scale with the", _LENGTHS),
    "rate": ("times, speeds and frequencies scale with the", _TIMES),
}
"""What scales with each assumption, and the units that tell."""


def assumptions_of(recording: SequenceData, upright: Vertical | None) -> dict[str, Assumption]:
    """List what the measures of a recording rest on.

    Parameters
    ----------
    recording : PoseSequence
        The recording and where its scale and clock come from.
    upright : Vertical or None
        The vertical that was used. None: it could not be found.

    Returns
    -------
    dict of str to Assumption
        ``positions`` of a file that were estimated, ``camera``, or ``cameras`` and ``clocks`` of
        several, ``height`` of a body, ``rate``, ``unit``, ``vertical`` and ``subject``, as far as
        they apply.

    Examples
    --------
    >>> from neuropose.analyzer.kinematics.orientation import vertical
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> {name: each.source.value for name, each in assumptions_of(walk, vertical(walk)).items()}
    {'rate': 'given', 'unit': 'given', 'vertical': 'given'}
    """
    known = dict(recording.assumptions)
    stated = (None, VerticalMethod.GIVEN, VerticalMethod.ASSUMED)
    if recording.up is not None and (upright.method if upright else None) in stated:
        assumed = recording.up_source is Source.ASSUMED
        known["vertical"] = Assumption(
            source=recording.up_source,
            value=direction_name(recording.up),
            detail="the axis along which trunk and legs stand" if assumed else None,
        )
    elif upright is not None:
        known["vertical"] = Assumption(
            source=Source.ASSUMED,
            value=direction_name(upright.up),
            detail=f"estimated from the {upright.method.value.replace('_', ' ')}",
        )
    order = (
        "positions",
        "camera",
        "cameras",
        "clocks",
        "height",
        "rate",
        "unit",
        "vertical",
        "subject",
    )
    return {name: known[name] for name in order if name in known}


def doubts(assumptions: Mapping[str, Assumption], units: Iterable[str]) -> tuple[str, ...]:
    """Return the warnings that apply to numbers of some units.

    Parameters
    ----------
    assumptions : mapping of str to Assumption
        Assumptions by name, as from `assumptions_of`.
    units : iterable of str
        Such as ``mm/s``.

    Returns
    -------
    tuple of str
        One for each assumption with which numbers of one of these units scale. A rate of which no
        source is recorded gives none, as the files that do not record it hold each frame's time; a
        camera gives one, as it was an assumed one unless somebody measured it.

    Examples
    --------
    >>> fov = Assumption(source=Source.ASSUMED, value="field of view of 55°")
    >>> doubts({"camera": fov}, ["deg"]), doubts({"camera": fov}, ["mm/s"])
    ((), ('lengths and speeds, as far as they lie in depth, scale with the assumed field of view \
of 55°',))
    """
    parts = {part for unit in units for part in re.findall("[A-Za-z]+", unit)}
    found = []
    for name, (what, scaling) in _SCALES.items():
        each = assumptions.get(name)
        if each is None or not parts & scaling:
            continue
        if each.source is Source.ASSUMED:
            found.append(f"{what} assumed {each.value}")
        elif each.source is Source.NOT_RECORDED and name != "rate":
            found.append(f"{what} {each.value}: whether it was assumed is not recorded")
    return tuple(found)


def with_doubts(
    measures: Mapping[str, Measure], assumptions: Mapping[str, Assumption]
) -> dict[str, Measure]:
    """Attach the warning to every number that scales with an assumption.

    Parameters
    ----------
    measures : mapping of str to Measure
        Measures by name.
    assumptions : mapping of str to Assumption
        Assumptions by name, as from `assumptions_of`.

    Returns
    -------
    dict of str to Measure
        Those without a value are as they were.
    """
    return {
        name: measure
        if measure.value is None
        else measure.model_copy(
            update={
                "warnings": tuple(
                    dict.fromkeys((*measure.warnings, *doubts(assumptions, [measure.unit])))
                )
            }
        )
        for name, measure in measures.items()
    }


def doubts_of_report(
    measures: Mapping[str, Measure],
    tables: Mapping[str, Table],
    assumptions: Mapping[str, Assumption],
) -> tuple[str, ...]:
    """Return the same warnings for a report as a whole, as its tables cannot hold them.

    Parameters
    ----------
    measures : mapping of str to Measure
        Measures by name.
    tables : mapping of str to Table
        Tables by name.
    assumptions : mapping of str to Assumption
        Assumptions by name, as from `assumptions_of`.

    Returns
    -------
    tuple of str
        None if it holds no number that scales with an assumption.
    """
    units = {measure.unit for measure in measures.values() if measure.value is not None}
    for table in tables.values():
        if not table.rows:
            continue
        units |= {column.unit for column in table.columns if column.unit is not None}
        if "unit" in [column.name for column in table.columns]:  # of each row its own
            units |= set(map(str, table.column("unit")))
    return doubts(assumptions, units)
