"""Resuming an interrupted video: where its results are kept, and which run they belong to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from neuropose.data import Camera, Provenance
from neuropose.errors import ModelOutputError, ModelStateError
from neuropose.estimator.collector import check_detections, row_shapes
from neuropose.estimator.model import Detections, ModelInfo


class Checkpoints(Protocol):
    """Stores the results of one video while it is processed; the estimator itself writes no file.

    Called by `Estimator.process_video` from its own thread.
    """

    def begin(self, key: str) -> Sequence[Detections]:
        """Start or resume the run with this key.

        Parameters
        ----------
        key : str
            Everything that the results depend on; see `checkpoint_key`.

        Returns
        -------
        sequence of Detections
            The first results of the video, one per picture, as added by an earlier run with the
            same key. The last one has its state; the others need not. Empty if there is nothing to
            resume from; results of another key are discarded.
        """
        ...

    def add(self, found: Detections) -> None:
        """Store the next new result.

        Parameters
        ----------
        found : Detections
            The result of the next picture, in order, after those from `begin`.
        """
        ...

    def discard(self) -> None:
        """Discard everything."""
        ...


def checkpoint_key(provenance: Provenance, camera: Camera, fps: float, info: ModelInfo) -> str:
    """Return a key of everything that the results of a video depend on.

    Parameters
    ----------
    provenance : Provenance
        Model, weights, settings, versions and the hash of the video.
    camera : Camera
        The camera of the video.
    fps : float
        Frame rate of the video in frames per second.
    info : ModelInfo
        What the model declares.

    Returns
    -------
    str
        One line of JSON without paths or file names. Two runs with the same key have the same
        results.

    Examples
    --------
    >>> from neuropose.testing import FakeModel
    >>> provenance = Provenance(neuropose_version="1.0", model="fake")
    >>> key = checkpoint_key(
    ...     provenance, Camera.from_fov(640, 480, 55.0), 30.0, FakeModel().info
    ... )
    >>> json.loads(key)["fps"]
    30.0
    """
    parts = {
        "provenance": provenance.model_dump(mode="json"),
        "camera": camera.model_dump(mode="json"),
        "fps": fps,
        "rows": row_shapes(info),
    }
    return json.dumps(parts, sort_keys=True)


def declared(found: Detections, info: ModelInfo) -> Detections:
    """Drop what the model does not declare, because nobody checks it.

    Parameters
    ----------
    found : Detections
        What the model returned.
    info : ModelInfo
        What the model declares.

    Returns
    -------
    Detections

    Examples
    --------
    >>> from neuropose.testing import FakeModel
    >>> found = Detections.none(33, gives_uncertainty=True)
    >>> declared(found, FakeModel().info).uncertainty_mm is None
    True
    """
    return found if info.gives_uncertainty else replace(found, uncertainty_mm=None)


def require_sound(earlier: Sequence[Detections], info: ModelInfo) -> None:
    """Check the results of an earlier run as if the model had returned them.

    Parameters
    ----------
    earlier : sequence of Detections
        From `Checkpoints.begin`.
    info : ModelInfo
        What the model declares.

    Raises
    ------
    ModelStateError
        If they break the contract, or there is no state to resume from.

    Examples
    --------
    >>> from neuropose.testing import FakeModel
    >>> require_sound([], FakeModel().info)
    """
    try:
        for found in earlier:
            check_detections(found, info)
    except ModelOutputError as error:
        raise ModelStateError(
            f"the results of an earlier run are damaged: {error.message}"
        ) from error
    if earlier and earlier[-1].state is None:
        raise ModelStateError("an earlier run left no state to resume from")
