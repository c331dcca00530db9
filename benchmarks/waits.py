"""How long a user waits for each command, on the clock and in CPU time of all its processes.

Run: ``python -m benchmarks.waits [NAME …] [--rounds 3] [--json FILE] [--before FILE]``. Every
round is a process of its own; medians. ``--before`` takes the JSON of an earlier version, run with
that version's source in ``PYTHONPATH``, and prints its figures first. On a busy machine only CPU
time means something.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import balance_trial, study_speed

NEUROPOSE = [sys.executable, "-m", "neuropose"]
OVERLAY = """
import sys
from pathlib import Path
from neuropose.io import load_video_predictions
from neuropose.viz import write_overlay
write_overlay(Path(sys.argv[1]), load_video_predictions(Path(sys.argv[2])), Path(sys.argv[3]))
"""
PERMUTATIONS = """
from benchmarks import study_speed
from neuropose.classify.settings import ClassifierSettings
from neuropose.classify.validation import validate
from neuropose.cores import available_cores
settings = ClassifierSettings(model="logistic", permutations=study_speed.PERMUTATIONS)
validate(study_speed.trials(), settings, workers=available_cores())
"""
LARGE = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--before", type=Path)
    arguments = parser.parse_args()
    before = json.loads(arguments.before.read_text()) if arguments.before else {}
    result: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, command in waits(Path(folder)).items():
            if arguments.names and name not in arguments.names:
                continue
            clock_s, cpu_s = map(
                statistics.median,
                zip(*(measured(command()) for _ in range(arguments.rounds)), strict=True),
            )
            result[name] = clock_s, cpu_s
            was = "".join(f"{seconds:8.2f}" for seconds in before.get(name, ()))
            print(f"{name:24}{was}{clock_s:8.2f}{cpu_s:8.2f}", flush=True)
            if arguments.json:
                arguments.json.write_text(json.dumps(result, indent=2))


def waits(folder: Path) -> dict[str, Callable[[], list[str]]]:
    """Commands by what is waited for; each prepares its own input first."""
    clip = balance_trial.video("cam03")
    predictions = folder / "cam03.poses.json"
    report = folder / "cam03.gait.json"

    def process() -> list[str]:
        return [*NEUROPOSE, "process", str(clip), "--output", str(predictions), "--force"]

    def with_predictions(*command: str) -> list[str]:
        if not predictions.exists():
            subprocess.run(process(), check=True, capture_output=True)
        return list(command)

    def analyze() -> list[str]:
        names = [str(predictions), "--task", "gait", "--output", str(report), "--force"]
        return with_predictions(*NEUROPOSE, "analyze", *names)

    def page() -> list[str]:
        command = analyze()
        if not report.exists():
            subprocess.run(command, check=True, capture_output=True)
        return [*NEUROPOSE, "report", str(report), "-o", str(folder / "page.html"), "--force"]

    def overlay() -> list[str]:
        names = [str(clip), str(predictions), str(folder / "overlay.mp4")]
        return with_predictions(sys.executable, "-c", OVERLAY, *names)

    def study(trials: int) -> list[str]:
        place = folder / f"study-{trials}"
        if not place.exists():
            place.mkdir()
            study_speed.write_trials(place)
            head, *rows = (place / "table.csv").read_text(encoding="utf-8").splitlines()
            repeated = (rows[number % len(rows)].split(",") for number in range(trials))
            lines = [
                f"{file},{subject}-{number // len(rows)},{session}"
                for number, (file, subject, session) in enumerate(repeated)
            ]
            (place / "table.csv").write_text("\n".join([head, *lines, ""]), encoding="utf-8")
        shutil.rmtree(place / "report.json.work", ignore_errors=True)
        return [*NEUROPOSE, "study", "run", str(place / "study.yaml"), "--force"]

    return {
        "help": lambda: [*NEUROPOSE, "--help"],
        "doctor": lambda: [*NEUROPOSE, "doctor"],
        "jobs list": lambda: [*NEUROPOSE, "jobs", "list"],
        "process": process,
        "overlay": overlay,
        "analyze": analyze,
        "report": page,
        "study of 14 trials": lambda: study(14),
        f"study of {LARGE} trials": lambda: study(LARGE),
        "classify": lambda: [sys.executable, "-c", PERMUTATIONS],
        "watch with 200 jobs": lambda: [sys.executable, "-m", "benchmarks.jobs"],
        "demo": lambda: [*NEUROPOSE, "demo", "--output", str(folder / "demo")],
    }


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds on the clock, and of CPU of all processes."""
    start, before = time.perf_counter(), os.times()
    environment = {"NEUROPOSE_MODEL_CACHE_DIR": str(balance_trial.CACHE_DIR), **os.environ}
    subprocess.run(command, check=False, capture_output=True, env=environment)
    after = os.times()
    used_s = after.children_user + after.children_system
    return time.perf_counter() - start, used_s - before.children_user - before.children_system


if __name__ == "__main__":
    main()
