"""Whether corrections belong to a file, and are not in it already."""

from __future__ import annotations

from collections.abc import Sequence

from neuropose.data import Provenance
from neuropose.data.corrections import Correction, corrections_of
from neuropose.errors import CorrectionError


def require_belonging(
    made: Sequence[Correction], input_sha256: str, provenance: Provenance | None
) -> None:
    """Refuse corrections of another file, and those that a file has already.

    Parameters
    ----------
    made : sequence of Correction
        The corrections.
    input_sha256 : str
        SHA-256 of the file that is to be corrected.
    provenance : Provenance or None
        Of the predictions or the reconstruction in it.

    Raises
    ------
    CorrectionError
        If one of them belongs to another file, or is in this one.

    Examples
    --------
    >>> from neuropose.data.corrections import SubjectIs
    >>> one = SubjectIs(by="KL", when="2026-03-01T08:12:00Z", input_sha256=64 * "0", track=3)
    >>> require_belonging([one], 64 * "1", None)
    Traceback (most recent call last):
    neuropose.errors.CorrectionError: the corrections belong to another file
    """
    there = corrections_of(provenance)
    if any(each in there for each in made):
        raise CorrectionError(
            "this file has these corrections already", hint="give the original that it was made of"
        )
    if any(each.input_sha256 != input_sha256 for each in made):
        raise CorrectionError(
            "the corrections belong to another file",
            hint="give the file that the page was made from, unchanged",
        )
