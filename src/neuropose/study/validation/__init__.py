"""Two ways to record the same movements, compared as the field does."""

from neuropose.study.validation.pairing import Exclusion, Pair, Pairing, pair_recordings
from neuropose.study.validation.synchronise import SynchroniseError, Synchrony, synchronise
from neuropose.study.validation.validate import validate

__all__ = [
    "Exclusion",
    "Pair",
    "Pairing",
    "SynchroniseError",
    "Synchrony",
    "pair_recordings",
    "synchronise",
    "validate",
]
