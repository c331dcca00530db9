"""What the analyzer computes from arrays: tasks, angles, features, comparisons, statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.number_parts.moved import load
from benchmarks.number_parts.recordings import (
    OBLIQUE,
    VIEWS,
    recordings,
    seen,
    two_people,
    walk,
    with_gaps,
)
from neuropose import analyzer
from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks import TASKS
from neuropose.errors import NeuroPoseError
from neuropose.io import SegmentSignal
from neuropose.testing import walker_sequence

classify, features, filters, statistics = (
    load(name) for name in ("classify", "features", "filters", "statistics")
)

Results = Iterator[tuple[str, Any]]
"""Names of files, without their endings, and what they hold."""

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "gait": [
        {"surface": "treadmill", "affected_side": "left", "toe_fall_share": 0.2},
        {"preparation": {"cutoff_hz": 8.0, "outlier_window": None}, "least_prominence_mm": 60.0},
    ],
    "reach": [{"side": "right", "point": "hand", "threshold_percent": 5.0}],
    "sit-to-stand": [{"chair": {"least_rise_mm": 60.0, "edge_speed_mm_s": 60.0}}],
    "tug": [{"turn_edge_cutoff_hz": 1.0, "moving_mm_s": 60.0, "least_step_mm": 90.0}],
    "repetitions": [
        {"side": "right", "pause_factor": 1.3, "preparation": {"cutoff_hz": 6.0}},
        {"signal": {"kind": "distance", "joints": ["left_wrist", "left_shoulder"]}},
    ],
    "rom": [{"low_percentile": 0.0, "high_percentile": 100.0, "preparation": {"cutoff_hz": 4.0}}],
    "sway": [{"joint": "neck", "short_s": 10.0, "most_range_mm": 500.0}],
    "arm-swing": [{"origin": "pelvis", "affected_side": "right", "least_step_mm": 60.0}],
}


def attempt(work: Callable[..., Any], *given: Any, **more: Any) -> Any:
    """What it gives, or what it says when it refuses."""
    try:
        return work(*given, **more)
    except NeuroPoseError as error:
        return {"refused": type(error).__name__, "message": error.message, "hint": error.hint}


def of_recording(name: str) -> Results:
    """A recording through every task, and what they are made from, step by step."""
    sequence = recordings()[name]()
    yield "sequence", sequence
    for task in TASKS.values():
        for number, how in enumerate([{}, *SETTINGS[task.name]]):
            settings = task.settings_class().model_validate(how)
            yield f"{task.name}-{number}", attempt(task.run, sequence, settings)
    for part in ("vertical", "floor", "heading", "segment_frames", "joint_angles"):
        yield part, attempt(getattr(analyzer, part), sequence)
    for method in analyzer.VerticalMethod:
        yield f"vertical-{method.value}", attempt(analyzer.vertical, sequence, method)
    yield "viewpoint", attempt(viewpoint, sequence)
    yield "gait_analysis", attempt(gait_arrays, sequence)
    yield "features", attempt(feature_tables, sequence)


def viewpoint(sequence: PoseSequence) -> Any:
    return load("viewpoint")(sequence, analyzer.heading(sequence))


def gait_arrays(sequence: PoseSequence) -> dict[str, Any]:
    walked = analyzer.analyze_gait(sequence)
    parts = ("ground", "events", "turns", "strides", "angles", "reason", "warnings")
    found = {name: getattr(walked, name) for name in parts}
    found["values"] = {
        name: {side: walked.values(name, side, straight=False) for side in ("left", "right")}
        for name in load("STRIDE_MEASURES")
    }
    found["cycles"] = {
        name: walked.cycles(angle.values_deg, side)
        for name, angle in (walked.angles or {}).items()
        for side in ("left", "right")
        if name.startswith(side)
    }
    return found


def feature_tables(sequence: PoseSequence) -> dict[str, Any]:
    ready = analyzer.prepare(sequence.time_s, sequence.positions_mm)
    even = sequence.resample(ready.record.rate_hz) if ready.record.resampled else sequence
    even = even.with_positions(ready.values)
    start_s, end_s = float(even.time_s[0]), float(even.time_s[-1])
    cuts_s = np.linspace(start_s, end_s, 5)
    parts = [features.Segment("trial", 0, start_s, end_s)]
    parts += [
        features.Segment("stride", number, *cuts_s[number : number + 2].tolist(), side=side)
        for side in ("left", "right")
        for number in range(4)
    ]
    found = features.movement_features(even, parts)
    summary = features.summarise_features(found.table)
    return {"table": found.table, "missing": found.missing, "summary": summary}


def preparation() -> Results:
    ways: list[dict[str, Any]] = [{}, {"cutoff_hz": None}, {"outlier_window": 11, "cutoff_hz": 3.0}]
    ways += [{"rate_hz": 120.0, "interpolation": "linear"}, {"gap_limit_s": 0.5, "filter_order": 2}]
    for name in ("walk_noisy", "walk_gaps", "walk_phone", "rises_noisy_gaps", "gaitkit_stroke"):
        sequence = recordings()[name]()
        time_s, values = sequence.time_s, sequence.positions_mm
        for number, how in enumerate(ways):
            settings = analyzer.Preparation(**how)
            yield f"{name}-{number}", attempt(analyzer.prepare, time_s, values, settings)
        yield f"{name}-hampel", attempt(filters.hampel, values, window=9, floor=1.0)
        yield f"{name}-gaps", attempt(filters.fill_gaps, values, limit_frames=8, method="linear")
        yield f"{name}-resampled", attempt(filters.resample, time_s, values, rate_hz=75.0)
        yield f"{name}-low_pass", attempt(filters.low_pass, values, rate_hz=60.0, cutoff_hz=5.0)
        yield f"{name}-speed", attempt(filters.differentiate, values, time_s=time_s, order=2)


def segmentation() -> Results:
    signals = [
        {"kind": "axis", "joints": ("left_heel",), "axis": "forward"},
        {"kind": "axis", "joints": ("right_wrist",), "axis": "y", "inverted": True},
        {"kind": "distance", "joints": ("left_ankle", "right_ankle")},
        {"kind": "speed", "joints": ("left_toe",)},
        {"kind": "angle", "joints": ("left_hip", "left_knee", "left_ankle"), "inverted": True},
    ]
    for number, how in enumerate(signals):
        for who in ("track:0", "largest"):
            found = load("segment")(two_people(), SegmentSignal(**how), subject=who)
            yield f"signal-{number}-{who[-1]}", found.segmentations
    for name in ("taps", "taps_irregular", "rises", "reach_back"):
        sequence = recordings()[name]()
        height_mm = sequence.joint("left_heel" if "taps" in name else "neck")[:, 1]
        speed_mm_s = np.abs(np.gradient(height_mm, sequence.time_s))
        for subframe in (False, True):
            how = analyzer.RepetitionSettings(least_prominence=5.0, subframe=subframe)
            found = analyzer.find_repetitions(sequence.time_s, height_mm, how)
            yield f"{name}-{'sub' * subframe}frame", found
        for part in ("sparc", "ldlj"):
            measure = getattr(analyzer, part)
            yield f"{name}-{part}", attempt(measure, speed_mm_s, sequence.sampling_rate_hz)


COMPARISONS: list[dict[str, Any]] = [
    {},
    {"representation": "angles", "joints": ("left_knee_flexion", "left_hip_flexion")},
    {"representation": "coords", "align": "body", "scale": True},
    {"representation": "coords", "align": "sequence", "step_pattern": "symmetric2"},
    {"representation": "coords", "align": "frame", "band": 0.2},
    {"representation": "velocities", "align": "body", "cost": "squared", "band_frames": 15},
    {"representation": "coords", "align": "body", "nan_policy": "interpolate"},
    {"representation": "coords", "align": "body", "nan_policy": "drop"},
]


def comparison() -> Results:
    one, other = (walker_sequence(walk(name)).slice(0.5, 3.5) for name in ("usual", "wide"))
    pairs = {"whole": (one, other), "gaps": (with_gaps(one), other)}
    pairs["camera"] = seen(one, OBLIQUE), seen(other, VIEWS["oblique_low"])
    for name, (a, b) in pairs.items():
        for number, how in enumerate(COMPARISONS):
            settings = analyzer.ComparisonSettings(**how)
            yield f"{name}-{number}", attempt(analyzer.dtw_all, a, b, settings)
            yield f"{name}-{number}-joints", attempt(analyzer.dtw_per_joint, a, b, settings)
        yield f"{name}-relation", attempt(analyzer.dtw_relation, a, b, "left_heel", "pelvis")
        for per in ("sequence", "frame"):
            found = attempt(analyzer.align_sequence, a, b, per=per, scale=True)
            yield f"{name}-aligned-{per}", found
        for size in (None, "leg", "trunk"):
            yield f"{name}-body-{size}", attempt(analyzer.in_body_frame, a, size=size)
        yield f"{name}-mirrored", attempt(analyzer.mirrored, a, [0.0, 1.0, 0.0])
        yield f"{name}-points", attempt(analyzer.align_points, a.positions_mm[5], b.positions_mm[9])
    random = np.random.default_rng(4)
    phases = [np.linspace(0.0, 6.0, count) for count in (50, 57, 64, 60, 45)]
    curves = [np.stack([np.sin(x), np.cos(2.0 * x)], axis=1) for x in phases]
    curves = [curve + random.normal(0.0, 0.05, curve.shape) for curve in curves]
    long = np.concatenate([curves[0], curves[1], curves[2]])
    for number, how in enumerate([{}, {"step_pattern": "symmetric2"}, {"band": 0.3}]):
        settings = analyzer.DtwSettings(**how)
        yield f"arrays-{number}", load("dtw")(curves[0], curves[1], settings)
        yield f"matrix-{number}", analyzer.dtw_matrix(curves, settings=settings)
        squared = analyzer.DtwSettings(cost="squared", **how)
        yield f"average-{number}", attempt(analyzer.dtw_average, curves, squared)
        yield (
            f"matches-{number}",
            attempt(analyzer.dtw_matches, curves[3], long, settings, most=None, max_distance=20.0),
        )
        yield f"open_end-{number}", attempt(analyzer.dtw_open_end, curves[3], long, settings)
    yield "normalized", analyzer.dtw_matrix(curves[:2], curves[2:], normalized=True)
    yield "reference", analyzer.reference_movement([one, other, one.slice(0.6, 3.2)])


def statistical() -> Results:
    random = np.random.default_rng(5)
    subjects = random.normal(1.2, 0.2, (14, 1))
    ratings = subjects + random.normal(0.0, 0.05, (14, 3))
    first, second, third = ratings.T
    second = second + 0.06
    holed = np.where(np.arange(14) == 4, np.nan, third)
    for form in ("2,1", "3,1"):
        yield f"icc-{form}", statistics.icc(ratings, form)
    for definition in ("agreement", "consistency"):
        yield f"error-{definition}", statistics.measurement_error(ratings, definition)
    whose = np.repeat(np.arange(7), 2)
    for how in ({}, {"intervals": "approximate"}, {"subjects": whose}, {"level": 0.9}):
        yield f"bland_altman-{'-'.join(how)}", statistics.bland_altman(first, second, **how)
    for name in ("cliffs_delta", "cohens_dz", "hedges_g", "rank_biserial"):
        yield name, getattr(statistics, name)(first, second)
        yield f"{name}-missing", getattr(statistics, name)(holed, second, missing="drop")
    for side in ("two-sided", "greater", "less"):
        yield f"paired-{side}", statistics.paired_test(first, second, alternative=side, seed=2)
        for statistic in ("welch", "mean"):
            yield (
                f"two_sample-{side}-{statistic}",
                statistics.two_sample_test(
                    first, second[:9], alternative=side, statistic=statistic, seed=2
                ),
            )
    for method in ("holm", "benjamini-hochberg"):
        yield method, statistics.adjust([0.01, 0.2, 0.03, 0.04, 0.6], method)
    phase = np.linspace(0.0, 1.0, 101)
    curves = 60.0 * np.sin(np.pi * phase) + random.normal(0.0, 4.0, (20, 1))
    curves[:10] -= 12.0 * np.exp(-(((phase - 0.7) / 0.05) ** 2))
    vectors = np.stack([curves, np.roll(curves, 7, axis=1)], axis=2)
    for paired in (False, True):
        for inference in ("maximum", "cluster"):
            compare = partial(statistics.compare_curves, paired=paired, inference=inference)
            name = f"curves-{paired}-{inference}"
            yield name, attempt(compare, curves[:10], curves[10:], permutations=499, seed=1)
            yield f"{name}-vectors", attempt(compare, vectors[:10], vectors[10:], permutations=199)


def classification() -> Results:
    trials = load("make_trials")(subjects=12, repeats=3, effect=1.5)
    others = load("make_trials")(subjects=6, repeats=2, effect=1.5, seed=9)
    curves, distances = load("make_curves")(), load("as_distances")(trials)
    for model, kind in classify.MODELS.items():
        settings = classify.ClassifierSettings(
            model=model, folds=3, inner_folds=2, permutations=9, resamples=200, seed=3
        )
        one_out = settings.model_copy(
            update={"validation": "leave-one-subject-out", "permutations": 0}
        )
        for data in (trials, distances, curves):
            if data.kind not in kind.kinds:
                continue
            name = f"{model}-{data.kind}"
            yield f"{name}-one_out", attempt(classify.validate, data, one_out)
            made = attempt(classify.train, data, settings)
            if not isinstance(made, classify.Classifier):
                yield f"{name}-card", made
                continue
            yield f"{name}-card", made.card
            yield f"{name}-same", attempt(made.predict, data)
            if data is trials:
                yield f"{name}-others", attempt(made.predict, others)
