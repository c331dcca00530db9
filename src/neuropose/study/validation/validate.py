"""Whether a way to record movements measures what another one does: a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from neuropose._version import __version__
from neuropose.data import InputFile, Measure, Report, ReportProvenance, Table
from neuropose.errors import NeuroPoseError
from neuropose.grammar import counted
from neuropose.io import read_force_plates
from neuropose.provenance import ANALYSIS_LIBRARIES, library_versions
from neuropose.study.contract.pipeline import Selection, Source
from neuropose.study.starting import FoundRecording
from neuropose.study.trial.recordings import Recording, read_recording
from neuropose.study.validation.compared_pair import ComparedPair, compare_pair
from neuropose.study.validation.pairing import (
    REFERENCE,
    TEST,
    Exclusion,
    Pair,
    Pairing,
    plates_of,
)
from neuropose.study.validation.statistics import (
    ALL,
    Result,
    angle_results,
    curve_differences,
    event_results,
    measure_results,
)
from neuropose.study.validation.synchronise import SynchroniseError

TASK = "validation"
_SAME_RATE = 5e-4  # quartz differs by less, 29.97 from 30 frames/s by twice that

_HEADLINES = {
    "event": ("bias", "sd", "within_20_ms", "within_50_ms", "precision", "recall"),
    "measure": ("bias", "icc"),
    "angle": ("rmse", "rmse_centred", "range_difference", "correlation"),
}
"""Statistics that are measures of the report; all are in its table ``results``."""

Progress = Callable[[int, int], None]
"""Called with the pairs done and the pairs in all."""


def validate(
    pairing: Pairing,
    *,
    test: Selection | None = None,
    reference: Selection | None = None,
    within_s: float | None = None,
    plates: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Compare recordings of the same movements.

    Parameters
    ----------
    pairing : Pairing
        Recordings that belong together.
    test, reference : Selection, optional
        How the files of either are read.
    within_s : float, optional
        How far apart the clocks of a pair are at most, seconds; 0: they are the same. Default: any
        offset, found by the movement.
    plates : bool
        Whether the events of the reference are those of its force plates, which are in its C3D
        file, or in a file of OpenSim that belongs to it (see `plates_of`).
    progress : callable, optional
        Called after every pair.

    Returns
    -------
    Report
        Tables ``results`` (every statistic, of all subjects and of each), ``pairs`` (how they were
        synchronised), ``exclusions`` (whatever was left out, and why) and ``curves`` (where in the
        stride angles differ); the measures are those of all subjects. Without any pair that can be
        compared it has none, and the reasons.
    """
    compared: list[ComparedPair] = []
    exclusions = list(pairing.exclusions)
    inputs: list[InputFile] = []
    for number, pair in enumerate(pairing.pairs, start=1):
        try:
            sides = ((TEST, pair.test, test), (REFERENCE, pair.reference, reference))
            recordings = [_read(*side) for side in sides]
            found = compare_pair(
                pair.subject,
                pair.name,
                recordings[0].sequence,
                recordings[1].sequence,
                within_s=within_s,
                plates=read_force_plates(plates_of(pair.reference.file)) if plates else None,
            )
        except NeuroPoseError as error:
            exclusions.append(_failed(pair, error))
        else:
            compared.append(found)
            exclusions += found.exclusions
            inputs += [each.input for each in recordings]
        if progress is not None:
            progress(number, len(pairing.pairs))
    how = {
        "within_s": within_s,
        "reference_events": "plates" if plates else "kinematics",
        TEST: (test or Selection()).model_dump(mode="json"),
        REFERENCE: (reference or Selection()).model_dump(mode="json"),
    }
    return _report(pairing, compared, exclusions, inputs, how)


def _read(which: str, found: FoundRecording, how: Selection | None) -> Recording:
    given = {} if how is None else how.model_dump(exclude_unset=True)
    try:
        return read_recording(Source(file=found.file, video=found.video, **given))
    except NeuroPoseError as error:
        error.message = f"{which}: {error.message}"
        raise


def _failed(pair: Pair, error: NeuroPoseError) -> Exclusion:
    """Return why a pair cannot be compared, without the paths of its files."""
    reason = error.message
    for which, found in ((TEST, pair.test), (REFERENCE, pair.reference)):
        reason = reason.replace(str(found.file), f"the file of the {which}")
    if isinstance(error, SynchroniseError) and error.hint is not None:
        reason = f"{reason}; {error.hint}"
    return Exclusion(pair.subject, pair.name, "recording", 1, reason)


def _report(
    pairing: Pairing,
    compared: Sequence[ComparedPair],
    exclusions: Sequence[Exclusion],
    inputs: Sequence[InputFile],
    how: dict[str, Any],
) -> Report:
    results = [
        result
        for compute in (event_results, measure_results, angle_results)
        for result in compute(compared)
    ]
    recordings = sum(each.count for each in exclusions if each.what == "recording")
    counts = {
        "pairs": len(compared),
        "subjects": len({each.subject for each in compared}),
        "recordings_excluded": recordings,
    }
    warnings = [
        f"{each.subject} {each.trial}: {each.synchrony.doubt}: is it one movement?"
        for each in compared
        if each.synchrony.doubt is not None
    ]
    if recordings:
        left_out = counted(recordings, "recording is", "recordings are")
        warnings.append(f"{left_out} left out; the table exclusions has why")
    warnings += _unlike_clocks([each.synchrony.rate for each in compared])
    if any(each.synchrony.correlation is not None for each in compared):
        warnings.append(
            "the recordings are synchronised by the movement: a delay that is the same in all of "
            "it cannot be told from the offset of the clocks"
        )
    if 0 < counts["subjects"] < 3:
        warnings.append("fewer than 3 subjects: nothing is known of how they differ")
    measures = {
        name: Measure(value=float(count), unit="1", n=len(pairing.pairs))
        for name, count in counts.items()
    }
    return Report(
        task=TASK,
        measures=measures | _headlines(results),
        tables={
            "results": _results(results),
            "pairs": _pairs(compared),
            "exclusions": _exclusions(exclusions),
            "curves": _curves(compared),
        },
        parameters=how,
        assumptions={"subject": pairing.subjects},
        warnings=tuple(warnings),
        provenance=ReportProvenance(
            neuropose_version=__version__,
            versions=library_versions(ANALYSIS_LIBRARIES),
            inputs=tuple({each.sha256: each for each in inputs}.values()),
        ),
    )


def _unlike_clocks(rates: Sequence[float]) -> list[str]:
    """Say so if the clocks run at different rates: durations and speeds then differ with them."""
    fast = 100.0 * (1.0 / np.array([rate for rate in rates if abs(rate - 1.0) > _SAME_RATE]) - 1.0)
    if not len(fast):
        return []
    middle = float(np.median(fast))
    return [
        f"in {len(fast)} of {len(rates)} recordings the clock of the {TEST} runs "
        f"{abs(middle):.2g} % {'fast' if middle > 0.0 else 'slow'} against that of the {REFERENCE} "
        "(median): durations and speeds differ by that; is a frame rate wrong?"
    ]


def _headlines(results: Sequence[Result]) -> dict[str, Measure]:
    measures = {}
    for each in results:
        if each.subject != ALL or each.statistic not in _HEADLINES[each.what]:
            continue
        found, interval = each.estimate, each.estimate.interval
        name = f"{each.name}_{each.statistic}"
        if found.value is None:
            reason = found.reason or "not known"
            measures[name] = Measure.missing(each.unit, reason, n=found.n)
            continue
        measures[name] = Measure(
            value=found.value,
            unit=each.unit,
            n=found.n,
            interval=None if interval is None else (interval.low, interval.high),
            warnings=found.warnings,
        )
    return measures


def _results(results: Sequence[Result]) -> Table:
    columns: dict[str, list[Any]] = {
        "what": [each.what for each in results],
        "name": [each.name for each in results],
        "subject": [each.subject for each in results],
        "statistic": [each.statistic for each in results],
        "value": [each.estimate.value for each in results],
        "low": [each.estimate.interval and each.estimate.interval.low for each in results],
        "high": [each.estimate.interval and each.estimate.interval.high for each in results],
        "unit": [each.unit for each in results],
        "n": [each.estimate.n for each in results],
        "reason": [each.estimate.reason for each in results],
        "warnings": ["; ".join(each.estimate.warnings) or None for each in results],
    }
    return _table(columns)


def _pairs(compared: Sequence[ComparedPair]) -> Table:
    clocks = [each.synchrony for each in compared]
    return _table(
        {
            "subject": [each.subject for each in compared],
            "trial": [each.trial for each in compared],
            "offset": [each.offset_s for each in clocks],
            "offset_standard_error": [each.standard_error_s for each in clocks],
            "rate": [each.rate for each in clocks],
            "correlation": [each.correlation for each in clocks],
            "in_common": [each.end_s - each.start_s for each in clocks],
            "events": [len(each.events) for each in compared],
            "strides": [len(each.strides) for each in compared],
        },
        {"offset": "s", "offset_standard_error": "s", "in_common": "s"},
    )


def _exclusions(exclusions: Sequence[Exclusion]) -> Table:
    names = ("subject", "trial", "what", "count", "reason")
    return _table({name: [getattr(each, name) for each in exclusions] for name in names})


def _curves(compared: Sequence[ComparedPair]) -> Table:
    rows: list[dict[str, Any]] = []
    for curve in curve_differences(compared):
        for percent in range(len(curve.mean_deg)):
            band = [
                None if each is None else each[percent] for each in (curve.low_deg, curve.high_deg)
            ]
            rows.append(
                {
                    "angle": curve.name,
                    "subjects": curve.subjects,
                    "percent": percent,
                    "difference": curve.mean_deg[percent],
                    "lower_limit": curve.lower_deg[percent],
                    "upper_limit": curve.upper_deg[percent],
                    "band_low": band[0],
                    "band_high": band[1],
                }
            )
    units = dict.fromkeys(("difference", "lower_limit", "upper_limit", "band_low", "band_high"))
    names = ["angle", "subjects", "percent", *units]
    columns = {name: [row[name] for row in rows] for name in names}
    return _table(columns, {"percent": "%", **dict.fromkeys(units, "deg")})


def _table(columns: dict[str, list[Any]], units: dict[str, str] | None = None) -> Table:
    units = units or {}
    return Table.from_columns(
        {name: (units.get(name), np.array(cells, dtype=object)) for name, cells in columns.items()}
    )
