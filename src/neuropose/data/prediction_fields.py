"""The fields of predictions, without their checks and methods."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator

from neuropose.data.array_contract import ArrayContract
from neuropose.data.arrays import ReadOnlyFloat32, ReadOnlyFloat64, ReadOnlyInt32, read_only
from neuropose.data.cameras import Camera
from neuropose.data.metadata import Provenance, Text, VideoMetadata
from neuropose.data.segmentation import typed_segmentations
from neuropose.skeletons import Skeleton

SCHEMA_VERSION: Literal[1] = 1
"""Schema version of the predictions files that this program writes."""
UNTRACKED = -1
"""Track id of a detection without an identity (null on disk)."""


class PredictionFields(ArrayContract):
    """Fields of `neuropose.data.predictions.VideoPredictions`, which describes them."""

    schema_version: Literal[1] = SCHEMA_VERSION
    metadata: VideoMetadata
    camera: Camera | None = None
    skeleton: Skeleton
    time_s: ReadOnlyFloat64
    offsets: ReadOnlyInt32
    boxes: ReadOnlyFloat32
    poses3d: ReadOnlyFloat32
    poses2d: ReadOnlyFloat32
    confidence: ReadOnlyFloat32
    track_ids: ReadOnlyInt32
    uncertainty_mm: ReadOnlyFloat32 | None = None
    segmentations: Annotated[Mapping[str, Any], BeforeValidator(typed_segmentations)] = {}
    provenance: Provenance | None = None
    warnings: tuple[Text, ...] = ()

    @cached_property
    def frame_index(self) -> NDArray[np.int32]:
        """Frame number of each detection, shape (N,), read-only."""
        numbers = np.arange(self.metadata.frame_count, dtype=np.int32)
        return read_only(np.repeat(numbers, np.diff(self.offsets)), np.int32)
