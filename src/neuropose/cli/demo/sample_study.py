"""``neuropose study demo``: a study of recordings that a package index serves."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import frame_progress, note, reporting, session, write
from neuropose.cli._estimating import (
    JsonOption,
    ModelOption,
    WorkersOption,
    load_estimator,
    writable_folder,
)
from neuropose.cli._pipeline import run_config

if TYPE_CHECKING:
    from neuropose.data import VideoPredictions

PIPELINE = """\
# A sample study: two people of a video, one whose joints four cameras saw, one with markers.
# Run it again: neuropose study run study.yaml --force
version: 1

inputs:
  cohort:
    table: cohort.csv

segmentation:
  kind: trial

analysis:
  features: true
  measures:
    - task: rom

output:
  report: report.json
  features: features.csv
  trials: trials.csv
"""
_SHORTEST_FRAMES = 30


def study_demo(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the study.")
    ] = Path("neuropose-study"),
    model: ModelOption = None,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a sample study: a clip and marker trials fetched, people found, a cohort measured.

    Recordings, table and pipeline file stay in the folder, to be changed and run again.
    """
    from neuropose import assets
    from neuropose.io import save_video_predictions
    from neuropose.io.atomic import write_atomically

    writable_folder(output)
    settings = session(context).settings()
    with reporting() as report:
        clip, *trials = (
            assets.fetch(
                name, settings.model_cache_dir, report=report, known=session(context).pinned()
            )
            for name in (assets.SAMPLE_CLIP, *assets.SAMPLE_TRIALS)
        )
    note("finding the people in the clip (by hand: neuropose process CLIP)")
    estimator = load_estimator(session(context), model, None, workers)
    with frame_progress("sample clip") as show:
        result = estimator.process_video(
            clip, progress=lambda at: show(at.frames_done, at.frames_expected)
        )
    save_video_predictions(output / "clip.poses.json", result.predictions)
    for trial in trials:
        shutil.copyfile(trial, output / trial.name)
    table = cohort_table(result.predictions, [trial.name for trial in trials])
    write_atomically(output / "cohort.csv", [table.encode()])
    write_atomically(output / "study.yaml", [PIPELINE.encode()])
    study = output / "study.yaml"
    note(f"running the study (by hand: neuropose study run {study} --force)")
    run_config(study, [], dry_run=False, force=True, as_json=as_json)
    if not as_json:
        write(
            f"next      look at {output / 'cohort.csv'} and {study}, and put your own "
            "in their place"
        )


def cohort_table(predictions: VideoPredictions, trials: list[str]) -> str:
    """Return the table of the sample study.

    Parameters
    ----------
    predictions : VideoPredictions
        Of the clip; everybody who is seen for a second is a subject.
    trials : list of str
        Names of the files of the marker trials, each of another person.

    Returns
    -------
    str
        CSV.
    """
    from neuropose.data import summarise_tracks

    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["file", "subject", "person", "up", "condition"])
    people = [
        track.track_id
        for track in summarise_tracks(predictions)
        if track.frame_count >= _SHORTEST_FRAMES
    ]
    for number, track_id in enumerate(people, start=1):
        rows.writerow(["clip.poses.json", f"s{number:02d}", f"track:{track_id}", "-y", "video"])
    for number, name in enumerate(trials, start=len(people) + 1):
        rows.writerow([name, f"s{number:02d}", "", "", "markers"])
    return text.getvalue()
