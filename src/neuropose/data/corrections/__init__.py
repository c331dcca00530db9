"""What a person corrected, who and when; where a result records it."""

from neuropose.data.corrections.contract import (
    CORRECTIONS_SCHEMA_VERSION,
    ContactWrong,
    Correction,
    Corrections,
    LeaveOut,
    SidesExchanged,
    SubjectIs,
)
from neuropose.data.corrections.recorded import (
    as_made,
    corrections_of,
    names_subject,
    said,
    with_all_corrections,
    with_corrections,
)

__all__ = [
    "CORRECTIONS_SCHEMA_VERSION",
    "ContactWrong",
    "Correction",
    "Corrections",
    "LeaveOut",
    "SidesExchanged",
    "SubjectIs",
    "as_made",
    "corrections_of",
    "names_subject",
    "said",
    "with_all_corrections",
    "with_corrections",
]
