"""What a reader of a page may correct: of which file, and which of its people are known."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from neuropose.data import Report

_OF_POSES = ("subject", "sides", "contact", "leave_out")
_KINDS = {
    "predictions": _OF_POSES,
    "job_results": _OF_POSES,
    "reconstruction": ("contact", "leave_out"),
}
"""What can be corrected in each kind of file; the markers of other programs stay as they are."""
_FOOT_EVENTS = {"initial_contact", "foot_off"}


@dataclass(frozen=True, slots=True)
class Correctable:
    """What a page needs to save corrections.

    Parameters
    ----------
    input_sha256 : str
        SHA-256 of the file that the page was made from.
    video : str or None
        Key of the video, of a job's results.
    kinds : tuple of str
        Kinds of corrections that can be made (`neuropose.corrections`).
    track : int or None
        Track id of the subject.
    others : tuple of (int, str)
        Track ids of everybody else, and how long each is seen, in words.
    """

    input_sha256: str
    video: str | None
    kinds: tuple[str, ...]
    track: int | None
    others: tuple[tuple[int, str], ...]

    def packed(self) -> dict[str, Any]:
        """Return it as plain JSON.

        Returns
        -------
        dict
        """
        return asdict(self)


def correctable(report: Report) -> Correctable | None:
    """Return what can be corrected in the file that a report was made from.

    Parameters
    ----------
    report : Report
        The report.

    Returns
    -------
    Correctable or None
        None if it was made from no file, or from one that is not corrected here.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.data import InputFile
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = analyze_gait(walker_sequence(simulate_walk()))
    >>> file = InputFile(kind="reconstruction", sha256=64 * "0")
    >>> correctable(gait_report(walk, inputs=[file])).kinds
    ('contact', 'leave_out')
    """
    origin = next((each for each in report.provenance.inputs if each.kind in _KINDS), None)
    if origin is None:
        return None
    subject, possible = report.subject, set(_KINDS[origin.kind])
    others = () if subject is None else subject.alternatives
    if not others:
        possible.discard("subject")
    if not any(event.name in _FOOT_EVENTS for event in report.events):
        possible.discard("contact")
    of_job = report.parameters.get("recording") if origin.kind == "job_results" else None
    return Correctable(
        input_sha256=origin.sha256,
        video=of_job.get("video") if isinstance(of_job, dict) else None,
        kinds=tuple(kind for kind in _OF_POSES if kind in possible),
        track=None if subject is None else subject.track_id,
        others=tuple(
            (each.track_id, f"frames {each.first_frame} to {each.last_frame}") for each in others
        ),
    )
