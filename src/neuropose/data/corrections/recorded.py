"""Corrections in the provenance of what was corrected, and in words."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from neuropose.data.corrections.contract import (
    ContactWrong,
    Correction,
    LeaveOut,
    SidesExchanged,
    SubjectIs,
)
from neuropose.data.format_errors import explain
from neuropose.data.metadata import Provenance
from neuropose.skeletons.sides import Limbs

_KEY = "corrections"
_ALL: TypeAdapter[tuple[Correction, ...]] = TypeAdapter(tuple[Correction, ...])
_NOT_RECORDED = "not recorded"
_LIMBS = {Limbs.LEGS: "of the legs", Limbs.ARMS: "of the arms", Limbs.ALL: "of the whole body"}


def corrections_of(provenance: Provenance | None) -> tuple[Correction, ...]:
    """Return the corrections that went into a result.

    Parameters
    ----------
    provenance : Provenance or None
        Of predictions, a reconstruction, or the poses of a report.

    Returns
    -------
    tuple of Correction
        In the order in which they were made. Empty: it is as the program made it.

    Raises
    ------
    FileFormatError
        If what is recorded is not corrections.

    Examples
    --------
    >>> corrections_of(Provenance(neuropose_version="0.1.0", model="blazepose"))
    ()
    """
    recorded = {} if provenance is None else provenance.settings
    try:
        return _ALL.validate_python(recorded.get(_KEY, ()))
    except ValidationError as error:
        raise explain(f"provenance.settings.{_KEY}", error) from error


def as_made(provenance: Provenance | None) -> Provenance | None:
    """Return a provenance without the corrections that are recorded in it.

    Parameters
    ----------
    provenance : Provenance or None
        As in `corrections_of`.

    Returns
    -------
    Provenance or None
        That of the result which was corrected.
    """
    if provenance is None:
        return None
    settings = {name: value for name, value in provenance.settings.items() if name != _KEY}
    return provenance.model_copy(update={"settings": settings})


def names_subject(provenance: Provenance | None) -> bool:
    """Return whether a correction says whose movement is meant.

    Parameters
    ----------
    provenance : Provenance or None
        As in `corrections_of`.

    Returns
    -------
    bool
        True: that was said after anything that is in a session.
    """
    return any(isinstance(each, SubjectIs) for each in corrections_of(provenance))


def with_corrections(provenance: Provenance | None, made: Sequence[Correction]) -> Provenance:
    """Record corrections, after those that are there.

    Parameters
    ----------
    provenance : Provenance or None
        Of what was corrected. None: how it was made is not recorded.
    made : sequence of Correction
        The new ones.

    Returns
    -------
    Provenance
        Its settings have them under ``corrections``, as plain JSON.
    """
    return with_all_corrections(provenance, (*corrections_of(provenance), *made))


def with_all_corrections(provenance: Provenance | None, every: Sequence[Correction]) -> Provenance:
    """Record corrections in place of those that are there.

    Parameters
    ----------
    provenance : Provenance or None
        As in `with_corrections`.
    every : sequence of Correction
        All of them.

    Returns
    -------
    Provenance
    """
    if provenance is None:
        provenance = Provenance(neuropose_version=_NOT_RECORDED, model=_NOT_RECORDED)
    plain = [each.model_dump(mode="json") for each in every]
    return provenance.model_copy(update={"settings": {**provenance.settings, _KEY: plain}})


def said(correction: Correction) -> str:
    """Say who corrected what, and when.

    Parameters
    ----------
    correction : Correction
        The correction.

    Returns
    -------
    str
        One line, as a warning.

    Examples
    --------
    >>> said(SubjectIs(by="KL", when="2026-03-01T08:12:00Z", input_sha256=64 * "0", track=3))
    'corrected by KL on 2026-03-01 08:12 UTC: the subject is track 3'
    """
    return f"corrected by {correction.by} on {_moment(correction)}: {_what(correction)}"


def _moment(correction: Correction) -> str:
    zone = correction.when.tzname() or ""
    return f"{correction.when:%Y-%m-%d %H:%M} {zone}".rstrip()


def _what(correction: Correction) -> str:
    match correction:
        case SubjectIs():
            return f"the subject is track {correction.track}"
        case SidesExchanged():
            whose = "" if correction.track is None else f", track {correction.track}"
            return (
                f"left and right {_LIMBS[correction.limbs]} exchanged in frames "
                f"{correction.first_frame} to {correction.last_frame}{whose}"
            )
        case ContactWrong():
            event = f"the {correction.side} {correction.event.replace('_', ' ')}"
            if correction.at_s is None:
                return f"{event} at {correction.time_s:.3f} s is none"
            return f"{event} at {correction.time_s:.3f} s is at {correction.at_s:.3f} s"
        case LeaveOut():
            return f"{correction.start_s:.3f} to {correction.end_s:.3f} s left out"
