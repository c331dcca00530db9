"""What comes out of files: pipelines, marker recordings, and the command line."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks import gait_recordings, marker_trials
from benchmarks.number_parts.analyses import Results, attempt
from benchmarks.number_parts.moved import load
from benchmarks.number_parts.recordings import two_people
from neuropose import save_video_predictions
from neuropose.cli import main as neuropose

EXAMPLES = Path(__file__).parents[2] / "examples"

_DTW_WAYS = (
    "{points: null}",
    "{representation: coords, names: [knee, ankle, heel, toe], per_joint: true}",
    "{representation: coords, names: [hip, knee, ankle], align: sequence, scale: true}",
    "{representation: velocities, names: [ankle], points: null}",
    "{representation: coords, relation: [hip, ankle]}",
)
_CYCLES = "{kind: gait_cycles, side: right}"
_TASKS = "[{task: gait, settings: {affected_side: left}}, {task: rom}, {task: arm-swing}]"
_MANY = "[{task: reach}, {task: repetitions, settings: {side: right}}, {task: sit-to-stand}]"
_FOREST = "{model: forest, groups: [patients, controls], folds: 3, permutations: 9}"
_NEIGHBOURS = "{model: knn-dtw, groups: [patients, controls], folds: 3, permutations: 9}"
VARIANTS: dict[str, list[list[str]]] = {
    "gait.yaml": [
        [],
        [f"segmentation={_CYCLES}", "analysis.dtw=null", "analysis.curves=[knee_flexion]"],
        [
            f"analysis.measures={_TASKS}",
            "analysis.curves=[hip_flexion, ankle_dorsiflexion]",
            "output.curves=curves.csv",
            "preparation.cutoff_hz=8",
        ],
        ["segmentation={kind: trial}", "analysis.dtw=null", "inputs.primary.end_s=3.5"],
    ],
    "reference.yaml": [[], *([f"analysis.dtw={how}"] for how in _DTW_WAYS)],
    "repetitions.yaml": [
        [],
        ["segmentation={kind: repetitions, speed: right_wrist}", f"analysis.measures={_MANY}"],
        ["segmentation={kind: repetitions, angle: right_elbow_flexion}"],
    ],
    "cohort.yaml": [
        [],
        [
            "analysis.statistics.reliability='3,1'",
            "analysis.statistics.adjustment=benjamini-hochberg",
            "analysis.statistics.seed=4",
            "inputs.reference={file: walk.trc}",
            "analysis.dtw={per_joint: true}",
        ],
    ],
    "classification.yaml": [
        ["analysis.classification.permutations=19"],
        [f"analysis.classification={_FOREST}"],
        [f"analysis.classification={_NEIGHBOURS}", "analysis.curves=[knee_flexion]"],
    ],
}


def pipelines() -> Results:
    for path in sorted(EXAMPLES.glob("*.yaml")):
        with tempfile.TemporaryDirectory() as name:
            copy = load("example")(path.name, Path(name))
            for number, assignments in enumerate(VARIANTS.get(path.name, [[]])):
                yield from pipeline_results(f"{path.stem}-{number}", copy, assignments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(EXAMPLES / "reference.yaml", folder)
        for who in gait_recordings.PATIENTS:
            real, _ = gait_recordings.patient(who)
            path = folder / f"{who}.trc"
            load("write_trc")(path, real.time_s, real.positions_mm, list(real.joints))
        reference = (
            f"inputs.reference={{file: healthy.trc, up: {list(gait_recordings.UP['healthy'])}}}"
        )
        usual = ["segmentation={kind: bilateral}", "analysis.features=true", reference]
        usual += ["analysis.measures=[{task: gait}]", "output.features=features.csv"]
        for who in gait_recordings.PATIENTS:
            source = f"inputs.primary={{file: {who}.trc, up: {list(gait_recordings.UP[who])}}}"
            for number, how in enumerate(_DTW_WAYS):
                own = [*usual, source, f"analysis.dtw={how}"]
                yield from pipeline_results(f"{who}-{number}", folder / "reference.yaml", own)


def pipeline_results(name: str, path: Path, assignments: Sequence[str]) -> Results:
    pipeline = load("load_pipeline")(path, assignments)
    result = attempt(load("run_pipeline"), pipeline, workers=1)
    if isinstance(result, dict):
        yield name, result
        return
    load("save_result")(pipeline, result)
    output = pipeline.output
    for kind in ("report", "features", "trials", "curves"):
        written = getattr(output, kind)
        if written is not None and written.exists():
            yield f"{name}-{kind}", written
            written.unlink()
    if result.classifier is not None:
        yield f"{name}-card", result.classifier.card


COMMANDS = (
    "analyze walk.trc --task gait --json",
    "analyze walk.trc --task gait --affected-side left --from 1 --to 5 --force",
    "analyze people.poses.json --task arm-swing --subject track:1 --json",
    "analyze people.poses.json --task rom --set low_percentile=5",
    "analyze --config gait.yaml --json",
    "segment people.poses.json --distance left_ankle,right_ankle --json",
    "segment people.poses.json --joint left_heel --axis forward --force",
    "classify train trials.csv --label label --subject subject --model logistic --folds 3 "
    "--permutations 9 --output model --json",
    "classify report model",
    "classify predict model new.csv",
)


def command_line() -> Results:
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        load("example")("gait.yaml", folder)
        save_video_predictions(folder / "people.poses.json", two_people())
        yield "people.poses", folder / "people.poses.json"
        trials = load("make_trials")(subjects=12, repeats=3, effect=1.5)
        table = pd.DataFrame(trials.values, columns=list(trials.features))
        table["subject"] = trials.subjects
        table.to_csv("new.csv", index=False)
        table.assign(label=trials.labels).to_csv("trials.csv", index=False)
        for number, command in enumerate(COMMANDS):
            shown = io.StringIO()
            with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(io.StringIO()):
                code = neuropose(command.split())
            text = shown.getvalue().replace(f"{folder}/", "")
            said = json.loads(text) if "--json" in command and code == 0 else text.splitlines()
            yield f"{number}", {"command": command, "exit_code": code, "said": said}


def real_files() -> Results:
    for trial in (marker_trials.TREADMILL, *marker_trials.OVERGROUND, marker_trials.RAW):
        yield Path(trial).stem, marker_trials.recording(trial)
