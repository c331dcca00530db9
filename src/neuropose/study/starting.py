"""A pipeline file and the table of its cohort, to start from, for the recordings in a folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from neuropose.data.format_errors import DECODING_ERRORS
from neuropose.errors import FileMissingError, FileReadError
from neuropose.io.job_files import holds_job_results, videos_of_job
from neuropose.io.strict_json import read_bytes
from neuropose.study.trial.recordings import holds_markers

TABLE = "cohort.csv"
"""Name of the table, beside the pipeline file."""

_COPY = ".segmented.json"  # of `neuropose segment`: the same recording again
_PIPELINE = """\
# A study: what is read, how it is cut, what is measured, and where results go.
# Check it with `neuropose study run FILE --dry-run`. Every key is explained in the documentation,
# docs/reference/pipelines.md.
version: 1

inputs:
  cohort:
    # One row a recording. Edit it first: `subject` is a new code for every recording (s01, s02,
    # and so on), as no file says who is the same person. Give all recordings of a person the same
    # code, and use no names: codes go into the results, the paths of the files do not. Fill in
    # `group` (patients, controls) and `session` (first, second) if you compare them.
    table: cohort.csv

# What is done to the trajectories first.
preparation:
  cutoff_hz: 6.0          # low-pass; null: nothing is smoothed
  gap_limit_s: 0.1        # longest gap that is filled

# How recordings are cut.
segmentation:
  kind: trial             # not at all
# kind: bilateral         # into the strides of both feet
# kind: gait_cycles       # into those of one foot
# side: left
# kind: repetitions       # into repetitions, from valley to valley of a signal
# signal: {distance: [right_wrist, right_shoulder]}
# signal: {angle: right_elbow_flexion}

analysis:
  features: true          # a row of numbers for every segment, and their means
# measures:               # the measures of a task, as of `neuropose analyze --task`
#   - task: gait
# curves: [hip_flexion, knee_flexion, ankle_dorsiflexion]     # mean curves, of strides
# statistics:             # once `subject`, `group` and `session` are filled in
#   groups: [patients, controls]
#   agreement: [first, second]
#   features: [stride_time_left_s, knee_flexion_range_left_deg]

output:
  report: study-report.json
  features: study-features.csv
  trials: study-trials.csv
"""


@dataclass(frozen=True)
class FoundRecording:
    """A recording in a folder.

    Parameters
    ----------
    file : Path
        File that may be a recording.
    video : str or None
        Which, of a job's results of several videos.
    """

    file: Path
    video: str | None = None


def find_recordings(folder: Path) -> tuple[FoundRecording, ...]:
    """Find predictions, results of jobs, C3D and TRC files in a folder and the folders in it.

    Parameters
    ----------
    folder : Path
        Where recordings are looked for.

    Returns
    -------
    tuple of FoundRecording
        In the order of their paths. Copies that ``neuropose segment`` made of predictions beside
        them, and hidden files, are left out.

    Raises
    ------
    FileReadError
        If the folder, or a file in it, cannot be read.
    FileMissingError
        If there is no recording.
    FileFormatError
        If the results of a job are damaged.
    """
    if not folder.is_dir():
        raise FileReadError(f"{folder} is not a folder", hint="give a folder of recordings")
    found = tuple(each for path in _files(folder) for each in _recordings(path))
    if not found:
        raise FileMissingError(
            f"there is no recording in {folder}",
            hint="predictions, results of jobs, C3D and TRC files are looked for",
        )
    return found


def starting_table(recordings: Sequence[FoundRecording], folder: Path) -> str:
    """Return the table of a cohort, to be edited.

    Parameters
    ----------
    recordings : sequence of FoundRecording
        Files of the recordings.
    folder : Path
        Of the table; files in it are named from there, others in full.

    Returns
    -------
    str
        CSV. Every recording has a subject of its own, ``s01``, ``s02`` …, but the videos of a job
        have one together: nothing of a file's name becomes a subject, which results show. Groups
        and sessions are empty.

    Examples
    --------
    >>> print(starting_table([FoundRecording(Path("/data/walk.trc"))], Path("/data")))
    file,subject,group,session
    walk.trc,s01,,
    <BLANKLINE>
    """
    of_jobs = any(each.video is not None for each in recordings)
    files = list(dict.fromkeys(each.file for each in recordings))
    digits = max(2, len(str(len(files))))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["file", *(["video"] if of_jobs else []), "subject", "group", "session"])
    for each in recordings:
        number = files.index(each.file) + 1
        file = each.file.absolute()
        if file.is_relative_to(folder.absolute()):
            file = file.relative_to(folder.absolute())
        video = [each.video or ""] if of_jobs else []
        rows.writerow([file.as_posix(), *video, f"s{number:0{digits}d}", "", ""])
    return text.getvalue()


def starting_pipeline() -> str:
    """Return a pipeline file for a cohort, with comments; its table is `TABLE` beside it.

    Returns
    -------
    str
        YAML.
    """
    return _PIPELINE


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _recordings(path: Path) -> Iterator[FoundRecording]:
    if holds_markers(path) or path.name.endswith(".poses.npz"):
        yield FoundRecording(path)
    elif path.suffix.lower() != ".json" or _is_copy(path):
        return
    elif holds_job_results(path):
        videos = videos_of_job(path)
        for video in videos:
            yield FoundRecording(path, video if len(videos) > 1 else None)
    elif _holds_predictions(path):
        yield FoundRecording(path)


def _is_copy(path: Path) -> bool:
    name = path.name.removesuffix(_COPY)
    return name != path.name and path.with_name(f"{name}.json").exists()


def _holds_predictions(path: Path) -> bool:
    try:
        found = msgspec.json.decode(read_bytes(path), type=dict[str, msgspec.Raw])
    except DECODING_ERRORS:
        return False
    return {"metadata", "frames"} <= found.keys()
