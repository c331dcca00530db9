"""The demo's last step: a page of whoever walks in the clip."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose.cli._console import fit_progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuropose.config import Settings
    from neuropose.data import Report, VideoPredictions
    from neuropose.study.contract.pipeline import Source
    from neuropose.study.trial.recordings import Recording
    from neuropose.viz import Measured

_TASK = "gait"
_FEWEST_FRAMES = 60  # of somebody of whom strides can be expected


def write_page_of_walker(
    results: Path,
    clip: Path,
    predictions: VideoPredictions,
    out: Path,
    settings: Settings,
    say: Callable[[str, str], None],
) -> Measured:
    """Write a page of the person with the most strides.

    Parameters
    ----------
    results : Path
        Of the demo's job.
    clip : Path
    predictions : VideoPredictions
        Of the clip.
    out : Path
        The page to write; an existing one is replaced.
    settings : Settings
    say : callable
        Told of the step, and of the command that does it by hand.

    Returns
    -------
    Measured
        Whom the page is of, for pictures.

    Raises
    ------
    NeuroPoseError
        If nobody can be measured.
    """
    from neuropose.page import Played, write_page
    from neuropose.viz import Measured

    report, recording, source = _walker(results, predictions, settings)
    by_hand = ["neuropose", "report", str(results.parent), "--task", _TASK]
    say(
        "making a page of the person who walks most",
        shlex.join([*by_hand, "--subject", source.subject, "-o", str(out)]),
    )
    body = recording.reconstruction
    exchanges = () if body is None else body.exchanges
    played = Played(recording.sequence, exchanges, predictions, clip)
    write_page(out, report, played)
    return Measured.of(recording.sequence, exchanges, report)


def _walker(
    results: Path, predictions: VideoPredictions, settings: Settings
) -> tuple[Report, Recording, Source]:
    from neuropose.analyzer.tasks.registry import find_task
    from neuropose.data import summarise_tracks
    from neuropose.study.contract.pipeline import Source
    from neuropose.study.trial.recordings import read_recording
    from neuropose.study.trial.task_report import task_report

    task = find_task(_TASK)
    tracks = summarise_tracks(predictions)
    seen = [each for each in tracks if each.frame_count >= _FEWEST_FRAMES] or tracks[:1]
    found = []
    for track in seen:
        source = Source(
            file=results, subject=f"track:{track.track_id}", reconstruct=settings.reconstruct
        )
        with fit_progress(f"track {track.track_id}") as progress:
            recording = read_recording(source, progress=progress)
        report = task_report(task, recording, source, task.settings_class()())
        found.append((report, recording, source))
    return max(found, key=lambda each: each[0].measures["stride_time"].n)
