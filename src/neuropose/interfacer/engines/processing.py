"""Processing the videos and marker files of one job in order, storing each as it is done."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from neuropose.checksums import sha256_of
from neuropose.data import (
    JobProgress,
    JobResults,
    MarkersOutcome,
    VideoFailure,
    VideoOutcome,
    VideoPredictions,
)
from neuropose.data.doubts import require_pictures
from neuropose.data.jobs import video_key
from neuropose.errors import CancelledError, FileFormatError, JobError, NeuroPoseError, OutputError
from neuropose.estimator import Progress
from neuropose.interfacer.checkpoints import CheckpointFile
from neuropose.interfacer.engines.corrected import CorrectedResults
from neuropose.interfacer.engines.ended import Ended, forget_ended, note_ended
from neuropose.interfacer.engines.pieces import Pieces
from neuropose.interfacer.engines.reconstruction import Fit, ReconstructionKeeper
from neuropose.interfacer.engines.session import SessionSteps
from neuropose.interfacer.engines.worker import VideoEstimator
from neuropose.interfacer.engines.writing import writing_job
from neuropose.interfacer.entries import MarkerOutcomes, Outcomes, describe
from neuropose.interfacer.intake import WaitingJob
from neuropose.interfacer.layout import (
    POSES_KEPT_NAME,
    RESULTS_NAME,
    WORK_NAME,
    readable,
    reconstruction_name,
)
from neuropose.io import load_video_predictions, save_job_results, save_video_predictions
from neuropose.io.atomic import PRIVATE_FOLDER
from neuropose.study.contract.session import Session


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What became of a job's videos.

    Parameters
    ----------
    videos : tuple of VideoOutcome or VideoFailure
        Of each video in order: what was found, or why nothing was.
    error : Exception or None
        Why the job failed; None if it is complete.
    markers : tuple of MarkersOutcome or VideoFailure
        Of each marker file, in order.
    """

    videos: Outcomes
    error: Exception | None = None
    markers: MarkerOutcomes = ()


class JobRun:
    """Processes the videos and marker files of one job.

    Parameters
    ----------
    job : WaitingJob
        A job with its own directory, whose ``.neuropose`` holds the predictions of finished videos.
    estimator : VideoEstimator
        Processes each video.
    checkpoint_s : float
        Least time in seconds between two checkpoints of a video.
    allow_gaps : bool
        Whether a video of which most is missing is a success.
    clock : callable
        Gives seconds that never go back.
    show : callable
        Called with the progress.
    report : callable
        Called with a line, without names, that is worth knowing later.
    cancel : callable
        Called repeatedly; returns True to stop.
    left_out : mapping of str to str
        Names of the videos and marker files to go without, and the error of each.
    fit : callable, optional
        Fits a body to the subject of each video; default: no video is reconstructed.
    session : Session, optional
        What is asked for if the job has no ``session.yaml``; default: nothing.
    fits_markers : bool
        Whether a body is fitted to markers if the session leaves it open.
    work : Path, optional
        The working folder, which must exist; default: ``.neuropose`` in the job's directory, which
        is made.
    pieces : Pieces, optional
        Pieces of long videos; default: every video is processed whole.
    """

    def __init__(
        self,
        job: WaitingJob,
        estimator: VideoEstimator,
        *,
        checkpoint_s: float,
        allow_gaps: bool,
        clock: Callable[[], float],
        show: Callable[[JobProgress], None],
        report: Callable[[str], None],
        cancel: Callable[[], bool],
        left_out: Mapping[str, str] = MappingProxyType({}),
        fit: Fit | None = None,
        session: Session | None = None,
        fits_markers: bool = False,
        work: Path | None = None,
        pieces: Pieces | None = None,
    ) -> None:
        self._job = job
        self._estimator = estimator
        self._checkpoint_s = checkpoint_s
        self._allow_gaps = allow_gaps
        self._clock = clock
        self._show = show
        self._report = report
        self._cancel = cancel
        self._left_out = left_out
        self._pieces = pieces
        self._makes_work = work is None
        self._work = work or job.folder / WORK_NAME
        self._fit = fit
        self._keeper: ReconstructionKeeper | None = None
        self._at: JobProgress | None = None
        self._corrected = CorrectedResults(job.folder)
        self._steps = SessionSteps(
            job.folder,
            self._work,
            report=report,
            cancel=cancel,
            tell=self._tell,
            default=session,
            fits_markers=fits_markers,
        )

    def process(self) -> JobOutcome:
        """Process every video and marker file; a failure of one does not affect the others.

        The results are left in the working folder, where the leftovers of a killed writer do no
        harm, and so is how it ended.

        Returns
        -------
        JobOutcome
            Its error is that of the first file that failed, after all have been tried.

        Raises
        ------
        JobError
            If the job holds a file that its results would overwrite.
        CancelledError
            If `cancel` returned True, or pieces of a video are wanted first.
        OutputError
            If predictions or results cannot be written.
        """
        outcome = self._process()
        error = None if outcome.error is None else describe(outcome.error)
        ended = Ended(outcomes=outcome.videos, marker_outcomes=outcome.markers, error=error)
        note_ended(self._work, ended)
        return outcome

    def _process(self) -> JobOutcome:
        numbers = range(1, len(self._job.videos) + 1)
        self._steps.read(self._job.videos)
        if not (self._work.exists() and any(self._work.iterdir())):
            made = self._steps.names(len(self._job.videos), len(self._job.markers))
            names = (RESULTS_NAME, *map(reconstruction_name, numbers), *made)
            self._refuse(names)
        if self._makes_work:
            _make_folder(self._work)
        forget_ended(self._work)
        self._steps.begin()
        fit = self._steps.fit(self._fit)
        if fit is not None:
            self._keeper = ReconstructionKeeper(fit, report=self._report, cancel=self._cancel)
        videos: dict[str, VideoPredictions] = {}
        outcomes: list[VideoOutcome | VideoFailure] = []
        errors: dict[str, Exception] = {}
        for number, name in enumerate(self._job.videos, start=1):
            if readable(name) in self._left_out:
                error = self._left_out[readable(name)]
                outcomes.append(VideoFailure(error=error, is_left_out=True))
                continue
            try:
                predictions = self._predict_one(number, name)
                if not self._allow_gaps:
                    require_pictures(predictions.metadata)
                self._reconstruct(number, predictions)
            except (CancelledError, OutputError):
                raise
            except Exception as error:
                outcomes.append(VideoFailure(error=describe(error)))
                errors[name] = error
            else:
                videos[video_key(number)] = predictions
                outcomes.append(VideoOutcome.of(predictions))
        if not errors:
            save_job_results(self._work / RESULTS_NAME, JobResults(videos=videos))
            self._steps.are_of(self._work / RESULTS_NAME)
        outcomes = [
            self._made(number, outcome, videos) for number, outcome in enumerate(outcomes, start=1)
        ]
        markers = self._markers(errors)
        if errors:
            count = len(self._job.videos) + len(self._job.markers)
            kind = "files" if self._job.markers else "videos"
            return JobOutcome(tuple(outcomes), _first(errors, count, kind), markers)
        outcomes = self._together(outcomes, videos)
        return JobOutcome(tuple(outcomes), markers=markers)

    def _made(
        self,
        number: int,
        outcome: VideoOutcome | VideoFailure,
        videos: Mapping[str, VideoPredictions],
    ) -> VideoOutcome | VideoFailure:
        """Carry out the session for a video whose poses were found, and add what was made."""
        if not isinstance(outcome, VideoOutcome):
            return outcome
        name, predictions = self._job.videos[number - 1], videos[video_key(number)]
        self._at = self._done(number, name, predictions.metadata.frame_count)
        corrected = self._corrected.of(video_key(number), predictions)
        steps = self._steps.carry_out(
            number,
            self._job.folder / name,
            corrected or predictions,
            None if corrected is None else self._corrected.origin,
        )
        warnings = (
            *outcome.warnings,
            *self._steps.warnings(number),
            *self._corrected.warnings(video_key(number), predictions),
        )
        return outcome.model_copy(update={"warnings": warnings, "steps": steps})

    def _markers(self, errors: dict[str, Exception]) -> MarkerOutcomes:
        """Measure every marker file; what goes wrong is added to the errors."""
        outcomes: list[MarkersOutcome | VideoFailure] = []
        for number, name in enumerate(self._job.markers, start=1):
            left_out = self._left_out.get(readable(name))
            if left_out is not None:
                outcomes.append(VideoFailure(error=left_out, is_left_out=True))
                continue
            self._at = JobProgress(
                video=readable(name),
                number=number,
                count=len(self._job.markers),
                frames_done=0,
                frames_expected=0,
                percent=0,
            )
            self._tell("reading")
            try:
                found = self._steps.carry_out_markers(number, self._job.folder / name)
            except (CancelledError, OutputError):
                raise
            except Exception as error:
                outcomes.append(VideoFailure(error=describe(error)))
                errors[name] = error
            else:
                outcomes.append(found)
        return tuple(outcomes)

    def _refuse(self, names: Iterable[str]) -> None:
        """Refuse a job that holds a file which its results would overwrite."""
        for name in names:
            if (self._job.folder / name).exists():
                raise JobError(f"the job holds a file named {name}", hint="rename it")

    def _predict_one(self, number: int, name: str) -> VideoPredictions:
        video = self._job.folder / name
        path = self._work / f"{video_key(number)}.json"
        earlier = self._earlier(path, video)
        if earlier is not None:
            self._report(f"video {number} of {len(self._job.videos)}: done in an earlier attempt")
            return earlier
        checkpoints = CheckpointFile(
            self._work / f"{video_key(number)}.checkpoint", interval_s=self._checkpoint_s
        )
        progress = self._watch(number, name)
        pieces = self._work / f"{video_key(number)}.pieces"
        result = None
        if self._pieces is not None:
            result = self._pieces.joined(video, pieces, progress=progress, cancel=self._cancel)
        if result is None:
            result = self._estimator.process_video(
                video, progress=progress, cancel=self._cancel, checkpoints=checkpoints
            )
        save_video_predictions(path, result.predictions)
        checkpoints.discard()
        shutil.rmtree(pieces, ignore_errors=True)
        return result.predictions

    def _reconstruct(self, number: int, predictions: VideoPredictions) -> None:
        if self._keeper is not None and self._steps.is_alone(number):
            seen = self._corrected.of(video_key(number), predictions) or predictions
            self._keeper.keep(self._work / reconstruction_name(number), seen)

    def _together(
        self, outcomes: list[VideoOutcome | VideoFailure], videos: Mapping[str, VideoPredictions]
    ) -> list[VideoOutcome | VideoFailure]:
        """Measure what several cameras saw; its steps are those of the first of their videos."""
        named = {
            readable(name): self._corrected.of(key, videos[key]) or videos[key]
            for number, name in enumerate(self._job.videos, start=1)
            if (key := video_key(number)) in videos
        }
        steps = self._steps.carry_out_together(named)
        done = list(outcomes)
        for row, outcome in enumerate(done):
            is_of_them = not self._steps.is_alone(row + 1)
            if steps and is_of_them and isinstance(outcome, VideoOutcome):
                done[row] = outcome.model_copy(update={"steps": (*outcome.steps, *steps)})
                break
        return done

    def _done(self, number: int, name: str, frames: int) -> JobProgress:
        """Return the progress of a video of which all poses are found."""
        return JobProgress(
            video=readable(name),
            number=number,
            count=len(self._job.videos),
            frames_done=frames,
            frames_expected=frames,
            percent=100,
        )

    def _tell(self, step: str) -> None:
        """Show which step after the poses is being done."""
        if self._at is not None:
            self._show(self._at.model_copy(update={"step": step}))

    def _watch(self, number: int, name: str) -> Callable[[Progress], None]:
        """Report the progress of a video; the rate counts only frames that take work."""
        began_s = self._clock()
        is_told = False

        def show(at: Progress) -> None:
            nonlocal began_s, is_told
            resumed = at.resumed_frames
            if resumed and not is_told:
                is_told = True
                count = len(self._job.videos)
                self._report(f"video {number} of {count}: continued at frame {resumed}")
            worked = at.frames_done - resumed
            if worked <= 0:
                began_s = self._clock()
            seconds = self._clock() - began_s
            rate = worked / seconds if worked > 0 and seconds > 0 else None
            left = max(at.frames_expected - at.frames_done, 0)
            self._show(
                JobProgress(
                    video=readable(name),
                    number=number,
                    count=len(self._job.videos),
                    frames_done=at.frames_done,
                    frames_expected=at.frames_expected,
                    frames_resumed=resumed,
                    percent=min(100.0 * at.frames_done / max(at.frames_expected, 1), 100.0),
                    frames_per_second=rate,
                    seconds_left=left / rate if rate else None,
                )
            )

        return show

    def _earlier(self, path: Path, video: Path) -> VideoPredictions | None:
        """Return an earlier attempt's predictions if the video and all settings are the same.

        Those of a completed job that is done again are kept if the video is the same.
        """
        if not path.exists():
            return None
        try:
            earlier = load_video_predictions(path)
        except (OSError, FileFormatError):
            return None
        if (self._work / POSES_KEPT_NAME).exists():
            made_from = None if earlier.provenance is None else earlier.provenance.input_sha256
            return earlier if made_from == sha256_of(video) else None
        same = self._estimator.would_give(video, earlier.provenance, earlier.camera)
        return earlier if same else None


def _first(errors: Mapping[str, Exception], count: int, kind: str) -> Exception:
    """Return the first error; its message says in which file, and how many others failed."""
    name, first = next(iter(errors.items()))
    if isinstance(first, NeuroPoseError) and count > 1:
        more = len(errors) - 1
        others = f" (and {more} more of {count} {kind} failed)" if more else ""
        first.message = f"{name}: {first.message}{others}"
    return first


def _make_folder(folder: Path) -> None:
    with writing_job():
        with suppress(PermissionError):  # another user's folder
            folder.parent.chmod(PRIVATE_FOLDER)
        folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
