"""Walks of a healthy adult and of people with Parkinson's disease and stroke, 3D landmarks.

They are members of a source archive, fetched through the package index and kept in the cache. Only
tests and benchmarks use them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks.balance_trial import CACHE_DIR
from neuropose.analyzer import PoseSequence
from neuropose.assets import Artefact, SdistSource, fetch

_VERSION = "1.5.0"
_SHA256 = "de1f0c258152c5eac2e3d0382fb57e321c69091ee7923ce0849ff24d9640d861"

UP = {"healthy": (0.0, 1.0, 0.0), "parkinson": (0.0, 1.0, 0.0), "stroke": (0.0, 0.0, 1.0)}
"""Away from the floor, as the landmarks of each have it."""

_FILES = {
    "healthy": ("b27f2e7b1f8ebcf8fb0b510c65ef8dd9189325958e0966451e3b9868f71d5e05", 270_298),
    "parkinson": ("397a8f5e95f45092d6e38d2784c3ef87838f8f1e6ede7bc4b738e6b6a7ea87ca", 516_465),
    "stroke": ("1fb2fb4defea78bc0b1b411defa71673f7b9d0a538212f4c6091913c19574b9c", 221_677),
}
_ARTEFACTS = {
    f"gaitkit_{who}.json": Artefact(
        f"gaitkit_{who}.json",
        sha256,
        size_bytes,
        "MIT",
        (
            SdistSource(
                "gaitkit",
                _VERSION,
                _SHA256,
                member=f"gaitkit-{_VERSION}/src/gaitkit/data/example_{who}.json",
            ),
        ),
    )
    for who, (sha256, size_bytes) in _FILES.items()
}


def landmarks(who: str, cache: Path = CACHE_DIR) -> PoseSequence:
    """Read the landmarks of a walk, mm; zeros are missing."""
    file = fetch(f"gaitkit_{who}.json", cache, known=_ARTEFACTS)
    content = json.loads(file.read_bytes())
    frames = content["angle_frames"]
    joints = list(frames[0]["landmark_positions"])
    positions = np.array([[each["landmark_positions"][j] for j in joints] for each in frames])
    positions[(positions == 0.0).all(axis=2)] = np.nan
    numbers = np.array([each["frame_index"] for each in frames])
    return PoseSequence.from_arrays(numbers / content["fps"], positions, joints, up=UP[who])
