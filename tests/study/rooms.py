"""Recordings on the disk, as the example pipelines name them."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from pathlib import Path

import numpy as np
from tests.trc_files import write_trc

from neuropose.analyzer import PoseSequence
from neuropose.data import Source
from neuropose.io import save_video_predictions
from neuropose.study.cohort.table import CohortTrial
from neuropose.testing import (
    WalkerParameters,
    simulate_reach,
    simulate_walk,
    synthetic_predictions,
    walker_sequence,
)

EXAMPLES = Path(__file__).parents[2] / "examples"


class DeadlyTrial(CohortTrial):
    """Ends the process of a pool that runs it, as a crash in a library would."""

    def __getattribute__(self, name: str) -> object:
        if name == "source" and multiprocessing.parent_process() is not None:
            os._exit(7)
        return super().__getattribute__(name)


def write_sequence(path: Path, sequence: PoseSequence) -> None:
    write_trc(path, sequence.time_s, sequence.positions_mm, list(sequence.joints))


def write_walk(path: Path, **parameters: float) -> None:
    how = {"duration_s": 5.0, **parameters}
    write_sequence(path, walker_sequence(simulate_walk(WalkerParameters(**how))))


def write_assumed(path: Path) -> None:
    """Predictions of a walk, made with an assumed field of view."""
    predictions = synthetic_predictions(frame_count=300)
    assert predictions.camera is not None
    camera = predictions.camera.model_copy(update={"fov_source": Source.ASSUMED})
    save_video_predictions(path, predictions.model_copy(update={"camera": camera}))


ASSUMED_FOV = (
    "lengths and speeds, as far as they lie in depth, scale with the assumed field of view of 55°"
)


def example(name: str, folder: Path) -> Path:
    """A copy of an example, with the recordings that it names."""
    shutil.copy(EXAMPLES / name, folder / name)
    write_walk(folder / "walk.trc")
    if name == "reference.yaml":
        write_walk(folder / "reference.trc", speed_m_s=1.0, duration_s=6.5)
    if name == "repetitions.yaml":
        reach = simulate_reach(back=True).sequence
        positions_mm = np.tile(reach.positions_mm, (3, 1, 1))
        time_s = np.arange(len(positions_mm)) / reach.sampling_rate_hz
        write_trc(folder / "arm.trc", time_s, positions_mm, list(reach.joints))
    if name in ("cohort.yaml", "classification.yaml"):
        shutil.copy(EXAMPLES / "cohort.csv", folder / "cohort.csv")
        for group, cadence in (("p", 95.0), ("c", 110.0)):
            for number in (1, 2, 3):
                for session, change in (("first", 0.0), ("second", 0.5)):
                    write_walk(
                        folder / f"{group}{number}-{session}.trc",
                        cadence_steps_min=cadence + 4.0 * number + change,
                        fps=30.0,
                    )
    return folder / name
