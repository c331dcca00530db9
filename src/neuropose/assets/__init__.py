"""Pinned artefacts (weights, sample clips): where from, SHA-256, cache."""

from neuropose.assets.cache import (
    ArtefactState,
    ArtefactStatus,
    add,
    fetch,
    find_artefact,
    status,
    verify,
)
from neuropose.assets.catalogue import (
    ARTEFACTS,
    SAMPLE_CLIP,
    Artefact,
    pinned_artefacts,
)
from neuropose.assets.sources import Report, Source, UrlSource, WheelSource

__all__ = [
    "ARTEFACTS",
    "SAMPLE_CLIP",
    "Artefact",
    "ArtefactState",
    "ArtefactStatus",
    "Report",
    "Source",
    "UrlSource",
    "WheelSource",
    "add",
    "fetch",
    "find_artefact",
    "pinned_artefacts",
    "status",
    "verify",
]
