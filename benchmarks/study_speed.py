"""Time of a cohort of 14 marker trials, and of 199 permutations of classifiers of 24 trials.

Run: ``python -m benchmarks.study_speed``. The cohort is run by the command, start-up included; the
second time with what numba has compiled. Seconds are on the clock and of all processes together:
on a busy machine only the latter mean something.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from joblib.externals.loky import get_reusable_executor

from neuropose.classify.settings import ClassifierSettings
from neuropose.classify.trials import Trials
from neuropose.classify.validation import validate
from neuropose.cores import available_cores
from neuropose.io.atomic import write_atomically
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

SUBJECTS, SESSIONS = 7, ("before", "after")
PERMUTATIONS = 199
STUDY = """\
version: 1
inputs: {cohort: {table: table.csv, up: [0, 1, 0]}}
segmentation: {kind: bilateral}
analysis:
  measures: [{task: gait}]
  curves: [hip_flexion, knee_flexion]
  statistics:
    sessions: [before, after]
    reliability: "3,1"
    features: [stride_time_left_s]
    measures: [gait_cadence]
output: {report: report.json}
"""


def write_trials(folder: Path) -> None:
    rows = ["file,subject,session"]
    for subject in range(SUBJECTS):
        for number, session in enumerate(SESSIONS):
            cadence = 100.0 + 2.0 * subject + number
            parameters = WalkerParameters(duration_s=8.0, fps=100.0, cadence_steps_min=cadence)
            walk = walker_sequence(simulate_walk(parameters))
            name = f"s{subject}-{session}.trc"
            _write_trc(folder / name, walk.time_s, walk.positions_mm, walk.joints)
            rows.append(f"{name},s{subject},{session}")
    (folder / "table.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")


def _write_trc(
    path: Path, time_s: np.ndarray, positions_mm: np.ndarray, names: tuple[str, ...]
) -> None:
    rate_hz = (len(time_s) - 1) / (time_s[-1] - time_s[0])
    head = f"{rate_hz:.3f}\t{rate_hz:.3f}\t{len(time_s)}\t{len(names)}\tmm"
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits",
        head,
        "Frame#\tTime\t" + "\t\t\t".join(names),
        "\t\t" + "\t".join(f"{axis}{n}" for n in range(1, len(names) + 1) for axis in "XYZ"),
        "",
    ]
    for number, (moment, frame) in enumerate(zip(time_s, positions_mm, strict=True), start=1):
        cells = ["" if np.isnan(x) else f"{x:.3f}" for x in frame.ravel()]
        lines.append(f"{number}\t{moment:.6f}\t" + "\t".join(cells))
    write_atomically(path, ["\n".join(lines).encode()])


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print seconds on the clock, and of the CPU in this process and in those that it ended."""
    start, before = time.perf_counter(), os.times()
    yield
    used_s = sum(os.times()[:4]) - sum(before[:4])
    print(f"{what:40} {time.perf_counter() - start:6.1f} s, {used_s:6.1f} s of CPU", flush=True)


def cohort(folder: Path) -> None:
    command = [sys.executable, "-m", "neuropose", "study", "run", str(folder / "study.yaml")]
    for which in ("first", "again"):
        shutil.rmtree(folder / "report.json.work", ignore_errors=True)
        with timed(f"cohort of 14, {which}"):
            subprocess.run([*command, "--force"], check=True, capture_output=True)


def trials(features: int = 40) -> Trials:
    random = np.random.default_rng(0)
    subjects = np.repeat(np.arange(12), 2)
    values = random.normal(0.0, 1.0, (24, features))
    values[:, :3] += (subjects % 2)[:, None]
    return Trials(
        "features",
        values,
        tuple(f"measure_{number}_deg" for number in range(features)),
        tuple(f"trial {number}" for number in range(24)),
        tuple(f"subject {number}" for number in subjects),
        tuple(np.where(subjects % 2, "control", "patient")),
    )


def permutations() -> None:
    workers = available_cores()
    for model in ("logistic", "svm", "forest"):
        settings = ClassifierSettings(model=model, permutations=PERMUTATIONS)
        with timed(f"{PERMUTATIONS} permutations, {model}, {workers} cores"):
            validate(trials(), settings, workers=workers)
            get_reusable_executor().shutdown()  # else its processes' time is not counted


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_trials(Path(folder))
        cohort(Path(folder))
    permutations()


if __name__ == "__main__":
    main()
