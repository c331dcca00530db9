"""Movements whose numbers are written: synthetic ones from several sides, and real ones."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import balance_trial, gait_recordings, marker_trials
from neuropose import Estimator, VideoPredictions, load_model
from neuropose.analyzer import PoseSequence
from neuropose.io import FrameGap
from neuropose.testing import (
    CameraView,
    TimedUpAndGoPlan,
    WalkerParameters,
    WalkerTrial,
    simulate_reach,
    simulate_sit_to_stand,
    simulate_sway,
    simulate_taps,
    simulate_timed_up_and_go,
    simulate_walk,
    swing_arms,
    synthetic_predictions,
    walker_sequence,
)

WALKS: dict[str, dict[str, float]] = {
    "usual": {},
    "slow": {"speed_m_s": 0.5, "cadence_steps_min": 70.0, "duration_s": 12.0},
    "uneven": {
        "step_length_asymmetry_percent": 12.0,
        "step_time_asymmetry_percent": 8.0,
        "stance_asymmetry_percent": -6.0,
    },
    "phone": {"fps": 30.0, "frame_jitter": 0.4, "seed": 3},
    "brisk": {"speed_m_s": 1.6, "cadence_steps_min": 125.0, "fps": 120.0, "edge_speed_ratio": 0.6},
    "wide": {"step_width_mm": 180.0, "body_height_mm": 1600.0, "pelvis_rotation_deg": 10.0},
}
OBLIQUE = CameraView(heading_deg=35.0, tilt_deg=12.0, roll_deg=4.0, height_mm=1600.0)
VIEWS = {
    "side": CameraView(),
    "away": CameraView(heading_deg=90.0),
    "towards": CameraView(heading_deg=270.0, distance_mm=6000.0),
    "oblique": OBLIQUE,
    "oblique_low": CameraView(heading_deg=215.0, tilt_deg=-8.0, height_mm=500.0),
}
SHAKY = TimedUpAndGoPlan(rise_s=1.6, turn_s=2.4, pelvis_swing_deg=8.0, fps=30.0)
MOVEMENTS = {
    "reach": lambda: simulate_reach(trunk_mm=60.0),
    "reach_back": lambda: simulate_reach(side="left", distance_mm=350.0, back=True, fps=60.0),
    "rise": lambda: simulate_sit_to_stand(),
    "rises": lambda: simulate_sit_to_stand(5, rise_s=1.0),
    "taps": lambda: simulate_taps(np.linspace(150.0, 60.0, 12)),
    "taps_irregular": lambda: simulate_taps([90.0] * 9, periods_s=[0.5] * 4 + [1.1] + [0.6] * 4),
    "sway": lambda: simulate_sway(duration_s=20.0),
    "tug": lambda: simulate_timed_up_and_go(),
    "tug_shaky": lambda: simulate_timed_up_and_go(SHAKY),
    "arms": lambda: swing_arms(simulate_walk(), left_deg=8.0, right_deg=20.0, lag=0.1),
}


def walk(name: str) -> WalkerTrial:
    return simulate_walk(WalkerParameters(**WALKS[name]))


def seen(sequence: PoseSequence, view: CameraView) -> PoseSequence:
    """What one camera sees of a movement: it does not know where up is, nor every joint as well."""
    confidence = np.random.default_rng(1).uniform(0.4, 1.0, sequence.positions_mm.shape[:2])
    positions_mm = view.from_world(sequence.positions_mm)
    joints = sequence.joints
    return PoseSequence.from_arrays(
        sequence.time_s, positions_mm, joints, frame="camera", confidence=confidence
    )


def with_gaps(sequence: PoseSequence) -> PoseSequence:
    """Without the whole body for a while, and without a foot for a moment and for longer."""
    positions_mm, count = sequence.positions_mm.copy(), len(sequence)
    positions_mm[int(0.55 * count) : int(0.6 * count)] = np.nan
    foot = [sequence.joints.index(f"left_{name}") for name in ("ankle", "heel", "toe")]
    positions_mm[count // 4 : count // 4 + 4, foot] = np.nan
    positions_mm[count // 3 : count // 3 + 15, foot] = np.nan
    return sequence.with_positions(positions_mm)


def two_people() -> VideoPredictions:
    gap = FrameGap(first_frame=60, last_frame=64, reason="decode_error")
    return synthetic_predictions(frame_count=200, people=2, gaps=[gap])


def balance() -> VideoPredictions:
    with contextlib.closing(load_model(model_cache_dir=balance_trial.CACHE_DIR)) as model:
        camera = balance_trial.calibration()["cam03"].camera
        clip = balance_trial.video("cam03")
        return Estimator(model).process_video(clip, camera=camera).predictions


def triangulated() -> PoseSequence:
    """The reference of the balance trial; pelvis and neck lie between hips and shoulders."""
    names = [name.replace("foot_index", "toe") for name in balance_trial.REFERENCE_JOINTS.values()]
    columns_mm = dict(zip(names, balance_trial.reference_mm().transpose(1, 0, 2), strict=True))
    for middle, end in (("pelvis", "hip"), ("neck", "shoulder")):
        columns_mm[middle] = 0.5 * (columns_mm[f"left_{end}"] + columns_mm[f"right_{end}"])
    positions_mm = np.stack(list(columns_mm.values()), axis=1)
    time_s = np.arange(len(positions_mm)) / 60.0
    return PoseSequence.from_arrays(time_s, positions_mm, list(columns_mm), up=[0.0, 0.0, 1.0])


def recordings() -> dict[str, Callable[[], PoseSequence]]:
    made: dict[str, Callable[[], PoseSequence]] = {
        "walk_treadmill": lambda: walker_sequence(walk("usual").on_treadmill()),
        "walk_noisy": lambda: walker_sequence(walk("usual").with_noise(6.0)),
        "walk_gaps": lambda: with_gaps(walker_sequence(walk("uneven"))),
        "balance_triangulated": triangulated,
        "balance_cam03": lambda: PoseSequence.from_predictions(balance()),
    }
    for name in WALKS:
        made[f"walk_{name}"] = lambda name=name: walker_sequence(walk(name))
    for name, view in VIEWS.items():
        made[f"exact_{name}"] = lambda view=view: walker_sequence(walk("uneven"), view)
        made[f"camera_{name}"] = lambda view=view: seen(
            walker_sequence(walk("uneven").with_noise(5.0)), view
        )
    for name, simulate in MOVEMENTS.items():
        made[name] = lambda of=simulate: of().sequence
        made[f"{name}_noisy_gaps"] = lambda of=simulate: with_gaps(of().with_noise(3.0).sequence)
        made[f"{name}_oblique"] = lambda of=simulate: seen(of().with_noise(3.0).sequence, OBLIQUE)
    for track in ("track:0", "track:1"):
        name = f"predictions_{track[-1]}"
        made[name] = lambda track=track: PoseSequence.from_predictions(two_people(), track)
    for trial in (marker_trials.TREADMILL, *marker_trials.OVERGROUND, marker_trials.RAW):
        made[Path(trial).stem] = lambda trial=trial: PoseSequence.from_recording(
            marker_trials.recording(trial)
        )
    for who in gait_recordings.PATIENTS:
        made[f"gaitkit_{who}"] = lambda who=who: gait_recordings.patient(who)[0]
    return made
