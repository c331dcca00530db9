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
    sequence = sequence_of(reconstruction)
    after = _measures(sequence)
    _print("after", after, drawn(sequence, _values))
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
    def pair(name: str) -> list[Measure]:
        return [measures[f"{name}_{side}"] for side in ("left", "right")]

    knees = [_known(f"knee_flexion_range_{side}", measures, spread) for side in ("left", "right")]
    if all(knee is not None for knee in knees):
        left, right = (knee for knee in knees if knee is not None)
        alike = bool(left.holds(right.value) and right.holds(left.value))
        yield f"{_mark(alike)} knee ranges {left} and {right}, each within the other's interval"
    low, high = ANKLE_RANGE_DEG
    ankles = [each.value for each in pair("ankle_dorsiflexion_range") if each.value is not None]
    inside = all(low <= value <= high for value in ankles)
    yield f"{_mark(inside)} {len(ankles)} ankle ranges given, all of {low:g} to {high:g}°"
    steps = [each.value for each in pair("step_length") if each.value is not None]
    off = np.ptp(steps) / np.mean(steps) if len(steps) == 2 else 0.0
    yield (
        f"{_mark(off <= MOST_DIFFERENT_STEPS)} {len(steps)} step lengths given, "
        f"{100 * off:.0f} % apart"
    )


def _known(
    name: str, measures: Mapping[str, Measure], spread: Mapping[str, Estimate]
) -> Estimate | None:
    """A measure and its error, whether or not the report gives it."""
    if name in spread:
        return spread[name]
    value, error = measures[name].value, measures[name].standard_error
    return None if value is None or error is None else Estimate(value, error)


def _mark(reached: bool) -> str:
    return "✓" if reached else "✗"
