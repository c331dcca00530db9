"""The sample clip: a woman who walks past the camera, and a man who turns and jumps on a roof.

Nobody knows the truth; her two sides should be alike, and her ankles those of a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.balance_trial import CACHE_DIR
from benchmarks.reconstruction_parts.estimates import (
    Estimate,
    drawn,
    fitted,
    print_exchanges,
    sequence_of,
)
from benchmarks.reconstruction_parts.predicted import predict
from neuropose.analyzer import PoseSequence, analyze_gait, gait_report
from neuropose.assets import SAMPLE_CLIP, fetch
from neuropose.data import VideoPredictions
from neuropose.data.report import Measure

MEASURES = tuple(
    f"{name}_{side}"
    for name in ("knee_flexion_range", "ankle_dorsiflexion_range", "step_length")
    for side in ("left", "right")
)
ANKLE_RANGE_DEG = (20.0, 40.0)
MOST_DIFFERENT_STEPS = 0.15


def show(kept: Path | None) -> dict[str, Any]:
    """Print her measures before and after the fit, and what was exchanged of both."""
    predictions = predict(fetch(SAMPLE_CLIP, CACHE_DIR), None, kept)
    woman, man = tracks(predictions)
    before = _measures(PoseSequence.from_predictions(predictions, woman))
    _print("before", before, {})
    reconstruction = fitted(predictions, woman)
    after = _measures(sequence_of(reconstruction))
    _print("after", after, drawn(reconstruction, _values))
    of_man = fitted(predictions, man)
    for who, of in (("the woman", reconstruction), ("the man", of_man)):
        print(f"{who}: {len(of.exchanges)} exchanges")
        print_exchanges(of)
    return {
        "before": {name: each.model_dump(mode="json") for name, each in before.items()},
        "after": {name: each.model_dump(mode="json") for name, each in after.items()},
        "exchanges": {
            name: [each.model_dump(mode="json") for each in of.exchanges]
            for name, of in (("woman", reconstruction), ("man", of_man))
        },
    }


def tracks(predictions: VideoPredictions) -> tuple[str, str]:
    """The two people who are there longest: her who goes furthest across the picture, and him."""
    ids, counts = np.unique(predictions.track_ids, return_counts=True)
    two = ids[np.argsort(counts)[-2:]]
    travel_px = [np.ptp(predictions.boxes[predictions.track_ids == each, 0]) for each in two]
    man, woman = two[np.argsort(travel_px)]
    return f"track:{woman}", f"track:{man}"


def _measures(sequence: PoseSequence) -> dict[str, Measure]:
    measures = gait_report(analyze_gait(sequence)).measures
    return {name: measures[name] for name in MEASURES}


def _values(sequence: PoseSequence) -> dict[str, float]:
    values = {name: each.value for name, each in _measures(sequence).items()}
    return {name: value for name, value in values.items() if value is not None}


def _print(stage: str, measures: Mapping[str, Measure], spread: Mapping[str, Estimate]) -> None:
    print(f"the woman, {stage}")
    for name, each in measures.items():
        error = "" if each.standard_error is None else f" ± {each.standard_error:.1f}"
        draws = f"; draws {spread[name]}" if name in spread else ""
        value = f"{each.value:.1f}{error} {each.unit}" if each.value is not None else each.reason
        print(f"  {name:30} {value}{draws}")
    for verdict in _verdicts(measures, spread):
        print(f"  {verdict}")


def _verdicts(measures: Mapping[str, Measure], spread: Mapping[str, Estimate]) -> Iterator[str]:
    def given(name: str) -> tuple[float | None, float | None]:
        left, right = (measures[f"{name}_{side}"].value for side in ("left", "right"))
        return left, right

    def error(name: str) -> float:
        if name in spread:
            return float(spread[name].error)
        return measures[name].standard_error or 0.0

    left, right = given("knee_flexion_range")
    if left is not None and right is not None:
        errors = [error(f"knee_flexion_range_{side}") for side in ("left", "right")]
        alike = Estimate(left, min(errors)).holds(right)  # each within the other's interval
        yield f"{'✓' if alike else '✗'} knee ranges differ by {abs(left - right):.1f}°"
    low, high = ANKLE_RANGE_DEG
    ankles = [value for value in given("ankle_dorsiflexion_range") if value is not None]
    inside = all(low <= value <= high for value in ankles)
    yield f"{'✓' if inside else '✗'} {len(ankles)} ankle ranges given, {low:g} to {high:g}° wanted"
    left, right = given("step_length")
    if left is not None and right is not None:
        off = abs(left - right) / (0.5 * (left + right))
        reached = off <= MOST_DIFFERENT_STEPS
        yield f"{'✓' if reached else '✗'} step lengths differ by {100 * off:.0f} %"
