"""How the numbers were made, in sentences that can be taken over into a paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from neuropose.data import Report
from neuropose.export.methods import of_cameras
from neuropose.page.wording import words

_MARKERS = ("c3d", "trc")


def methods_paragraph(report: Report) -> str:
    """Describe how the numbers of a report were made.

    Parameters
    ----------
    report : Report
        The report.

    Returns
    -------
    str
        Of what the report itself says; nothing is added.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> report = gait_report(analyze_gait(walker_sequence(simulate_walk())))
    >>> methods_paragraph(report).startswith("Measures of gait were computed with NeuroPose ")
    True
    """
    return " ".join([*_made_with(report), *_poses(report), *_prepared(report), *_rests_on(report)])


def _made_with(report: Report) -> Iterator[str]:
    provenance = report.provenance
    versions = ", ".join(
        f"{name} {version}"
        for name, version in provenance.versions.items()
        if name in ("python", "numpy", "scipy")
    )
    about = f" ({versions})" if versions else ""
    yield (
        f"Measures of {words(report.task)} were computed with NeuroPose "
        f"{provenance.neuropose_version}{about}."
    )


def _poses(report: Report) -> Iterator[str]:
    found = report.provenance.predictions
    kinds = [each.kind for each in report.provenance.inputs]
    if found is not None:
        yield (
            f"Poses were estimated from video with the model {found.model} "
            f"(NeuroPose {found.neuropose_version})."
        )
    elif "positions" in report.assumptions:
        stated = report.assumptions["positions"]
        yield f"Joint positions were {stated.detail} ({stated.value})."
    elif any(kind in _MARKERS for kind in kinds):
        yield f"Joint positions come from markers ({', '.join(dict.fromkeys(kinds))})."
    yield from of_cameras(report)
    recording = report.parameters.get("recording")
    body = recording.get("body") if isinstance(recording, Mapping) else None
    if isinstance(body, Mapping):
        yield (
            f"A kinematic body of constant segment lengths ({body.get('model')}) was fitted to "
            "them; standard errors are those of "
            f"{body.get('draws')} draws of its posterior distribution."
        )


def _prepared(report: Report) -> Iterator[str]:
    if not report.preparation:
        return
    record = report.preparation[0]
    how: Mapping[str, Any] = record.get("settings", {})
    if not how:
        return
    window, cutoff_hz = how.get("outlier_window"), how.get("cutoff_hz")
    if window:
        yield (
            f"Outliers were found with a Hampel filter of {window} frames and "
            f"{how.get('outlier_threshold'):g} scaled median absolute deviations."
        )
    if how.get("gap_limit_s"):
        yield (
            f"Gaps of up to {how['gap_limit_s']:g} s were filled by {how.get('interpolation')} "
            "interpolation."
        )
    if cutoff_hz:
        yield (
            "Trajectories were smoothed forwards and backwards with a Butterworth low-pass of "
            f"order {how.get('filter_order')} at {cutoff_hz:g} Hz."
        )
    if record.get("rate_hz"):
        resampled = (
            "after resampling to an even clock" if record.get("resampled") else "as recorded"
        )
        yield f"The frame rate was {record['rate_hz']:.4g} Hz, {resampled}."


def _rests_on(report: Report) -> Iterator[str]:
    for name in ("vertical", "heading"):
        if name in report.choices:
            yield f"{name.capitalize()}: {words(report.choices[name].method)}."
