"""How long a user waits for each command, on the clock and in CPU time of all its processes.

Run: ``python -m benchmarks.waits [NAME …] [--rounds 3] [--before DIR] [--json FILE]``. Every round
is a process of its own, after one that does not count and keeps what numba compiles (``--cold``:
without that one); medians.
``--before`` takes a checkout of an earlier version, which takes turns with this one. What a version
cannot do is shown as –. On a busy machine only CPU time means something.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import balance_trial, study_speed
from neuropose.testing import write_numbered_video

ROOT = Path(__file__).parents[1]
NEUROPOSE = (sys.executable, "-m", "neuropose")
OVERLAY = """
import sys
from pathlib import Path
from neuropose.io import load_video_predictions
from neuropose.viz import write_overlay
write_overlay(Path(sys.argv[1]), load_video_predictions(Path(sys.argv[2])), Path(sys.argv[3]))
"""
JOBS = 200
TRIALS = (14, 500)

Command = list[str]
"""A program and its arguments."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cold", action="store_true", help="count the first run as well")
    parser.add_argument("--before", type=Path, help="checkout of an earlier version")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    result: dict[str, dict[str, tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as place:
        sources = {"after": ROOT / "src"}
        if arguments.before:
            sources = {"before": arguments.before.absolute() / "src", **sources}
        versions = [Version(name, source, Path(place) / name) for name, source in sources.items()]
        print(f"{'seconds: clock, CPU':22}", *(f"{each.name:>17}" for each in versions))
        for name in arguments.names or versions[0].waits():
            found = in_turns(name, versions, arguments.rounds, warm_ups=0 if arguments.cold else 1)
            print(f"{name:22}", *map(text_of, found.values()), flush=True)
            result[name] = found
            if arguments.json:
                arguments.json.write_text(json.dumps(result, indent=2))


def in_turns(
    name: str, versions: list[Version], rounds: int, *, warm_ups: int
) -> dict[str, tuple[float, float]]:
    """Seconds on the clock and of CPU by version, medians; NaN if it cannot do that."""
    runs: dict[str, list[tuple[float, float]]] = {each.name: [] for each in versions}
    for number in range(warm_ups + rounds):
        for version in versions:
            spent = version.measured(name)
            if number >= warm_ups:
                runs[version.name].append(spent)
    return {
        version: (statistics.median(clock), statistics.median(cpu))
        for version, found in runs.items()
        for clock, cpu in [tuple(zip(*found, strict=True))]
    }


def text_of(seconds: tuple[float, float]) -> str:
    return "".join("        –" if math.isnan(each) else f"{each:9.2f}" for each in seconds)


@dataclass(frozen=True)
class Version:
    """One version of NeuroPose, and a folder that only it uses.

    Parameters
    ----------
    name : str
        Heading of its figures.
    source : Path
        Where it is imported from.
    folder : Path
        For what it reads and writes.
    """

    name: str
    source: Path
    folder: Path

    def waits(self) -> dict[str, Callable[[], list[Command]]]:
        """What is waited for: each prepares its input, and gives the command and older forms."""
        self.folder.mkdir(exist_ok=True)
        return {
            "help": lambda: [[*NEUROPOSE, "--help"]],
            "doctor": lambda: [[*NEUROPOSE, "doctor"]],
            "jobs list": lambda: [[*NEUROPOSE, "jobs", "list"], [*NEUROPOSE, "jobs"]],
            "process": lambda: [self._process()],
            "overlay": self._overlay,
            "analyze": lambda: [self._analyze()],
            "report": self._page,
            **{f"study of {count}": partial(self._study, count) for count in TRIALS},
            "classify": self._classify,
            f"watch, {JOBS} jobs": self._watch,
            "demo": lambda: [[*NEUROPOSE, "demo", "--output", str(self.folder / "demo")]],
        }

    def measured(self, name: str) -> tuple[float, float]:
        """Seconds on the clock, and of CPU of all processes; NaN if every command failed."""
        for command in self.waits()[name]():
            start, before = time.perf_counter(), os.times()
            done = self._run(command)
            clock_s, after = time.perf_counter() - start, os.times()
            cpu_s = sum(after[2:4]) - sum(before[2:4])  # of ended children, user and system
            # `doctor` fails where something is missing, as a browser, or warns.
            if done.returncode == 0 or name == "doctor":
                return clock_s, cpu_s
        return math.nan, math.nan

    def _run(self, command: Command) -> subprocess.CompletedProcess[bytes]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.source),
            "NEUROPOSE_MODEL_CACHE_DIR": str(balance_trial.CACHE_DIR),
            "NEUROPOSE_DATA_DIR": str(self.folder / "data"),
        }
        return subprocess.run(
            command, check=False, capture_output=True, env=environment, cwd=self.folder
        )

    @property
    def _predictions(self) -> Path:
        return self.folder / "cam03.poses.json"

    @property
    def _report(self) -> Path:
        return self.folder / "cam03.gait.json"

    def _process(self) -> Command:
        clip = str(balance_trial.video("cam03"))
        return [*NEUROPOSE, "process", clip, "--output", str(self._predictions), "--force"]

    def _analyze(self) -> Command:
        self._made(self._predictions, self._process())
        names = [str(self._predictions), "--task", "gait", "--output", str(self._report)]
        return [*NEUROPOSE, "analyze", *names, "--force"]

    def _overlay(self) -> list[Command]:
        self._made(self._predictions, self._process())
        names = [balance_trial.video("cam03"), self._predictions, self.folder / "overlay.mp4"]
        return [[sys.executable, "-c", OVERLAY, *map(str, names)]]

    def _page(self) -> list[Command]:
        self._made(self._report, self._analyze())
        page = str(self.folder / "page.html")
        return [[*NEUROPOSE, "report", str(self._report), "-o", page, "--force"]]

    def _made(self, path: Path, command: Command) -> None:
        if not path.exists():
            self._run(command)

    def _study(self, trials: int) -> list[Command]:
        place = self.folder / f"study-{trials}"
        if not place.exists():
            place.mkdir()
            study_speed.write_trials(place)
            _repeat(place, trials)
        shutil.rmtree(place / "report.json.work", ignore_errors=True)
        study = str(place / "study.yaml")
        return [
            [*NEUROPOSE, "study", "run", study, "--force"],
            [*NEUROPOSE, "analyze", "--config", study, "--force"],
        ]

    def _classify(self) -> list[Command]:
        path, model = self.folder / "features.csv", self.folder / "classifier"
        if not path.exists():
            _write_features(path)
        shutil.rmtree(model, ignore_errors=True)
        permutations = str(study_speed.PERMUTATIONS)
        command = [*NEUROPOSE, "classify", "train", str(path), "--model", "logistic"]
        command += ["--label", "group", "--subject", "subject", "--permutations", permutations]
        return [[*command, "--output", str(model)]]

    def _watch(self) -> list[Command]:
        data = self.folder / "watched"
        shutil.rmtree(data, ignore_errors=True)
        clip = write_numbered_video(self.folder / "numbered.mp4", 10).read_bytes()
        for number in range(JOBS):
            job = data / "in" / f"job {number}"
            job.mkdir(parents=True)
            (job / "walk.mp4").write_bytes(clip)
        script = Path(__file__).with_name("watch_jobs.py")
        return [[sys.executable, str(script), str(data), str(JOBS)]]


def _repeat(folder: Path, trials: int) -> None:
    """Repeat the trials of a cohort until there are so many, each time as those of others."""
    table = folder / "table.csv"
    head, *rows = table.read_text(encoding="utf-8").splitlines()
    lines = [head]
    for number in range(trials):
        again, which = divmod(number, len(rows))
        file, subject, session = rows[which].split(",")
        os.link(folder / file, folder / f"{again}-{file}")
        lines.append(f"{again}-{file},{again}-{subject},{session}")
    table.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _write_features(path: Path) -> None:
    found = study_speed.trials()
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["subject", "group", *found.features])
        for row in zip(found.subjects, found.labels, found.values.tolist(), strict=True):
            table.writerow([row[0], row[1], *row[2]])


if __name__ == "__main__":
    main()
