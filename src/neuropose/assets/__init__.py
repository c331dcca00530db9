"""Pinned artefacts (weights, sample clips): sources, SHA-256, cache."""

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
    SAMPLE_TRIALS,
    Artefact,
    metrabs_artefact,
    pinned_artefacts,
)
from neuropose.assets.download import UrlSource
from neuropose.assets.sources import FileSource, Report, SdistSource, Source, WheelSource
from neuropose.assets.unpacked import file_hashes, read_manifest

__all__ = [
    "ARTEFACTS",
    "SAMPLE_CLIP",
    "SAMPLE_TRIALS",
    "Artefact",
    "ArtefactState",
    "ArtefactStatus",
    "FileSource",
    "Report",
    "SdistSource",
    "Source",
    "UrlSource",
    "WheelSource",
    "add",
    "fetch",
    "file_hashes",
    "find_artefact",
    "metrabs_artefact",
    "pinned_artefacts",
    "read_manifest",
    "status",
    "verify",
]
