"""The file of corrections: what a person saw that the program got wrong in one recording."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, FiniteFloat, model_validator

from neuropose.data.metadata import Contract, NonNegativeInt, Text
from neuropose.skeletons.sides import Limbs

CORRECTIONS_SCHEMA_VERSION: Literal[1] = 1
"""Schema version of the files of corrections that this program writes."""
MOST_LABEL = 80
"""Longest label of a person, in characters."""


class _Signed(Contract):
    """Who made a correction, when, and of which file.

    Parameters
    ----------
    by : str
        A label of the person who made it; no name is needed. One line.
    when : datetime
        With its time zone.
    input_sha256 : str
        SHA-256 of the file that it belongs to, 64 hexadecimal digits.
    video : str or None
        Key of the video, of a job's results. None: the file is of one recording.
    """

    by: Annotated[
        str, Field(pattern=r"^[^\x00-\x1f\x7f\u0085\u2028\u2029]+$", max_length=MOST_LABEL)
    ]
    when: AwareDatetime
    input_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    video: Text | None = None


class SubjectIs(_Signed):
    """The recording is about this person.

    Parameters
    ----------
    track : int
        Track id of the person.
    """

    kind: Literal["subject"] = "subject"
    track: NonNegativeInt


class SidesExchanged(_Signed):
    """Left was taken for right.

    Parameters
    ----------
    first_frame, last_frame : int
        Frames of the video, both inclusive.
    limbs : Limbs
        Legs, arms or the whole body.
    track : int or None
        Of whom. None: of everybody in these frames.
    """

    kind: Literal["sides"] = "sides"
    first_frame: NonNegativeInt
    last_frame: NonNegativeInt
    limbs: Limbs = Limbs.ALL
    track: NonNegativeInt | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.last_frame < self.first_frame:
            raise ValueError("last_frame is before first_frame")
        return self


class ContactWrong(_Signed):
    """There is no such event of a foot, or it is at another time.

    Parameters
    ----------
    event : {"initial_contact", "foot_off"}
        What it is.
    side : {"left", "right"}
        The foot.
    time_s : float
        Where it was found, seconds on the clock of the recording.
    at_s : float or None
        Where it is. None: there is none.
    """

    kind: Literal["contact"] = "contact"
    event: Literal["initial_contact", "foot_off"]
    side: Literal["left", "right"]
    time_s: FiniteFloat
    at_s: FiniteFloat | None = None


class LeaveOut(_Signed):
    """Nothing is to be measured here.

    Parameters
    ----------
    start_s, end_s : float
        Seconds on the clock of the recording, both inclusive.
    """

    kind: Literal["leave_out"] = "leave_out"
    start_s: FiniteFloat
    end_s: FiniteFloat

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.end_s < self.start_s:
            raise ValueError("end_s is before start_s")
        return self


Correction = Annotated[
    SubjectIs | SidesExchanged | ContactWrong | LeaveOut, Field(discriminator="kind")
]
"""One correction."""


class Corrections(Contract):
    """The corrections of a file, as a page saves them.

    Parameters
    ----------
    schema_version : int
        `CORRECTIONS_SCHEMA_VERSION`.
    corrections : tuple of Correction
        At least one, in the order in which they are applied.

    Examples
    --------
    >>> wrong = LeaveOut(
    ...     by="reader 2", when="2026-03-01T08:12:00Z", input_sha256=64 * "0", start_s=2, end_s=3
    ... )
    >>> Corrections(corrections=[wrong]).corrections[0].kind
    'leave_out'
    """

    schema_version: Literal[1] = CORRECTIONS_SCHEMA_VERSION
    corrections: Annotated[tuple[Correction, ...], Field(min_length=1)]
