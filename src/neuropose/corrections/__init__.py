"""Corrections that a person made, applied to predictions or a reconstruction.

Numbers flow one way: what a page shows wrong is corrected in the file that the page was made from,
and everything else is made again from the corrected file.
"""

from neuropose.corrections.apply import correct_predictions, correct_reconstruction
from neuropose.corrections.belonging import require_belonging
from neuropose.data.corrections import (
    ContactWrong,
    Correction,
    Corrections,
    LeaveOut,
    SidesExchanged,
    SubjectIs,
    corrections_of,
    said,
)

__all__ = [
    "ContactWrong",
    "Correction",
    "Corrections",
    "LeaveOut",
    "SidesExchanged",
    "SubjectIs",
    "correct_predictions",
    "correct_reconstruction",
    "corrections_of",
    "require_belonging",
    "said",
]
