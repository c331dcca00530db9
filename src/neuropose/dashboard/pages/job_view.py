"""A job in words: a row of the table, and all that is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from neuropose.dashboard.languages import Language
from neuropose.dashboard.live.job_index import JobIndex, Listed
from neuropose.dashboard.phrases import Phrase
from neuropose.data import JobEntry, JobState, MarkersOutcome, VideoOutcome
from neuropose.data.jobs import JobProgress, StepOutcome, VideoFailure
from neuropose.interfacer.names import printable
from neuropose.interfacer.requests import Action

ACTIONS = {
    JobState.QUEUED: (Action.CANCEL, Action.REMOVE),
    JobState.PROCESSING: (Action.CANCEL,),
    JobState.COMPLETED: (Action.RERUN, Action.REMOVE),
    JobState.FAILED: (Action.RETRY, Action.ACCEPT, Action.REMOVE),
}
"""What can be asked for, by the state of a job."""


@dataclass(frozen=True, slots=True)
class Row:
    """A job as a row of the table.

    Parameters
    ----------
    key, name, state : str
        What stands for it in addresses, what it is called, and its state.
    number : int or None
        What the log calls it.
    videos : int
        How many videos it has.
    people, frames : str
        What was found; empty if it has not ended.
    since : str
        When it was queued, begun or ended.
    lines : tuple of Phrase
        What else matters: the error, warnings, what it waits for.
    hint : str or None
        What to do about the error.
    progress : JobProgress or None
        Of one that is being processed.
    advance : str
        The progress in words.
    actions : tuple of str
        What can be asked for at once, without a second thought.
    all_actions : tuple of str
        What can be asked for.
    """

    key: str
    name: str
    state: str
    number: int | None
    videos: int
    people: str
    frames: str
    since: str
    lines: tuple[Phrase, ...]
    hint: str | None
    progress: JobProgress | None
    advance: str
    actions: tuple[str, ...]
    all_actions: tuple[str, ...]


def row(index: JobIndex, job: Listed, t: Language) -> Row:
    """Return a job as a row of the table.

    Parameters
    ----------
    index : JobIndex
        All jobs, from which its name must be told apart.
    job : Listed
        The job.
    t : Language
        The texts.

    Returns
    -------
    Row
    """
    entry = job.entry
    found = [outcome for outcome in entry.outcomes if isinstance(outcome, VideoOutcome)]
    people = [outcome.people for outcome in found]
    least, most = min(people, default=0), max(people, default=0)
    with_people = sum(outcome.frames_with_people for outcome in found)
    actions = tuple(
        action.value
        for action in ACTIONS[entry.state]
        if action is not Action.ACCEPT or len(_failed_videos(entry)) in range(1, len(entry.videos))
    )
    return Row(
        key=job.key,
        name=index.shown(job.name),
        state=entry.state.value,
        number=entry.number,
        videos=len(entry.videos),
        people="" if not found else str(most) if least == most else f"{least}–{most}",
        frames="" if not found else f"{with_people}/{sum(each.frames for each in found)}",
        since=local(entry.finished_at or entry.started_at or entry.queued_at),
        lines=tuple(line.mapped(printable) for line in _lines(entry, t)),
        hint=None if entry.error is None else what_to_do(entry.error, t),
        progress=entry.progress,
        advance="" if entry.progress is None else advance(entry.progress, t),
        actions=tuple(each for each in actions if each != Action.REMOVE.value),
        all_actions=actions,
    )


def details(
    job: Listed, t: Language
) -> tuple[
    tuple[tuple[str, str], ...],
    tuple[tuple[str, str, Phrase], ...],
    tuple[tuple[str, str, Phrase], ...],
]:
    """Return all that is known of a job.

    Parameters
    ----------
    job : Listed
        The job.
    t : Language
        The texts.

    Returns
    -------
    facts : tuple of (str, str)
        What, and what of it.
    videos : tuple of (str, str, Phrase)
        Of each video its number, its file name, and what became of it.
    markers : tuple of (str, str, Phrase)
        The same of each marker file.
    """
    entry = job.entry
    moments = {
        "fact_queued": entry.queued_at,
        "fact_began": entry.started_at,
        "fact_ended": entry.finished_at,
    }
    facts = {
        "fact_number": None if entry.number is None else str(entry.number),
        "fact_position": None if entry.position is None else str(entry.position),
        **{key: None if moment is None else local(moment) for key, moment in moments.items()},
        "fact_attempts": str(entry.attempts),
        "fact_interruptions": str(entry.interruptions) if entry.interruptions else None,
        "fact_other_files": ", ".join(map(printable, entry.other_files)) or None,
    }
    videos = (
        (str(number), printable(name), _video(entry, number, t).mapped(printable))
        for number, name in enumerate(entry.videos, start=1)
    )
    markers = (
        (str(number), printable(name), _markers(entry, number, t).mapped(printable))
        for number, name in enumerate(entry.markers, start=1)
    )
    known = tuple((t(key), value) for key, value in facts.items() if value)
    return known, tuple(videos), tuple(markers)


def what_to_do(error: str, t: Language) -> str:
    """Return what to do about the error of a job.

    Parameters
    ----------
    error : str
        ``<ExceptionType>: <message>``.
    t : Language
        The texts.

    Returns
    -------
    str
    """
    kind = error.partition(":")[0]
    key = f"do_{kind}"
    return t(key) if t.has(key) else t("do_anything")


def advance(progress: JobProgress, t: Language) -> str:
    """Return progress in words.

    Parameters
    ----------
    progress : JobProgress
        The progress.
    t : Language
        The texts.

    Returns
    -------
    str
    """
    said = [
        t(
            "advance",
            number=progress.number,
            count=progress.count,
            percent=f"{progress.percent:.0f}",
        )
    ]
    if progress.frames_per_second is not None:
        said.append(t("advance_speed", speed=f"{progress.frames_per_second:.1f}"))
    if progress.seconds_left is not None:
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        said.append(t("advance_left", minutes=minutes, seconds=f"{seconds:02d}"))
    return " · ".join(said)


def local(moment: datetime) -> str:
    """Return a moment in the time of this machine, to the minute.

    Parameters
    ----------
    moment : datetime
        With an offset.

    Returns
    -------
    str
    """
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def needs_a_look(entry: JobEntry) -> bool:
    """Return whether a job that ended has an error, a warning, a failed step or a gap.

    Parameters
    ----------
    entry : JobEntry
        The job.

    Returns
    -------
    bool
    """
    doubted = any(
        outcome.warnings or any(step.error is not None for step in outcome.steps)
        for outcome in _found(entry)
    )
    return entry.error is not None or doubted or bool(entry.left_out)


def _found(entry: JobEntry) -> list[VideoOutcome | MarkersOutcome]:
    both = (*entry.outcomes, *entry.marker_outcomes)
    return [each for each in both if isinstance(each, VideoOutcome | MarkersOutcome)]


def _lines(entry: JobEntry, t: Language) -> Iterator[Phrase]:
    if entry.error is not None:
        yield t.told(entry.error)
    found = _found(entry)
    for warning in dict.fromkeys(warning for outcome in found for warning in outcome.warnings):
        yield t.phrase("warning", text=t.told(warning))
    steps = (step for outcome in found for step in outcome.steps if step.error is not None)
    for step in dict.fromkeys(steps):
        yield _step(step, t)
    for video, error in entry.left_out.items():
        yield t.phrase("without", video=video, error=t.told(error))
    if entry.waiting_for is not None:
        yield t.told(entry.waiting_for)
    elif entry.position is not None:
        yield t.phrase("position", position=entry.position)


def _failed_videos(entry: JobEntry) -> list[str]:
    outcomes = zip(entry.videos, entry.outcomes, strict=False)
    return [video for video, outcome in outcomes if isinstance(outcome, VideoFailure)]


def _video(entry: JobEntry, number: int, t: Language) -> Phrase:
    if number <= len(entry.outcomes):
        return _became(entry.outcomes[number - 1], t)
    at = entry.progress
    if at is not None and at.video not in entry.markers and number == at.number:
        return t.phrase("video_at", percent=f"{at.percent:.0f}")
    if at is not None and (at.video in entry.markers or number < at.number):
        return t.phrase("video_done")
    return _not_yet(entry, t)


def _markers(entry: JobEntry, number: int, t: Language) -> Phrase:
    if number <= len(entry.marker_outcomes):
        return _became(entry.marker_outcomes[number - 1], t)
    at = entry.progress
    if at is not None and at.video in entry.markers and number < at.number:
        return t.phrase("video_done")
    return _not_yet(entry, t)


def _not_yet(entry: JobEntry, t: Language) -> Phrase:
    waits = entry.state in (JobState.QUEUED, JobState.PROCESSING)
    return t.phrase("video_waits" if waits else "video_unknown")


def _became(outcome: VideoOutcome | MarkersOutcome | VideoFailure, t: Language) -> Phrase:
    if isinstance(outcome, VideoFailure):
        key = "video_left_out" if outcome.is_left_out else "video_failed"
        return t.phrase(key, error=t.told(outcome.error))
    if isinstance(outcome, MarkersOutcome):
        said = [t.phrase("markers_found", markers=outcome.markers, frames=outcome.frames)]
    else:
        said = [
            t.phrase(
                "video_found",
                people=outcome.people,
                frames_with_people=outcome.frames_with_people,
                frames=outcome.frames,
            )
        ]
        if outcome.frames_without_picture:
            said.append(t.phrase("video_gaps", count=outcome.frames_without_picture))
    said += [t.phrase("warning", text=t.told(warning)) for warning in outcome.warnings]
    said += [_step(step, t) for step in outcome.steps]
    return Phrase.joined("; ", said)


def _step(step: StepOutcome, t: Language) -> Phrase:
    if step.error is None:
        return t.phrase("step_done", step=step.step)
    said = [t.told(step.error), *([t.told(step.hint)] if step.hint else [])]
    return t.phrase("step_failed", step=step.step, error=Phrase.joined("; ", said))
