"""What an interrupted video needs to go on: where results are kept, and for which run they hold."""

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
    """Keeps the results of one video while it is processed; the estimator touches no file itself.

    Called by `Estimator.process_video` from its own thread.
    """

    def begin(self, key: str) -> Sequence[Detections]:
        """Begin, or go on with, the run of this key.

        Parameters
        ----------
        key : str
            Everything that the results depend on: see `checkpoint_key`.

        Returns
        -------
        sequence of Detections
            The first results of the video, one a picture, as an earlier run with the same key
            `add`-ed them. The last one has its state; the others need not. Empty if there is
            nothing to go on from; results of another key are discarded.
        """
        ...

    def add(self, found: Detections) -> None:
        """Take the next new result.

        Parameters
        ----------
        found : Detections
            Of the picture that follows those from `begin`, and so on, in order.
        """
        ...

    def discard(self) -> None:
        """Forget everything: it is of no use."""
        ...


def checkpoint_key(provenance: Provenance, camera: Camera, fps: float, info: ModelInfo) -> str:
    """Name everything that the results of a video depend on.

    Parameters
    ----------
    provenance : Provenance
        Model, weights, settings, versions and the hash of the video.
    camera : Camera
    fps : float
        Of the video, frames per second.
    info : ModelInfo
        Of the model.

    Returns
    -------
    str
        Two runs of the same key give the same results. JSON on one line; neither a path nor a file
        name is in it.

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
    """Leave out what the model does not declare: nobody checks it.

    Parameters
    ----------
    found : Detections
        What it gave.
    info : ModelInfo
        What it declares.

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
    """Check what an earlier run left as if the model gave it.

    Parameters
    ----------
    earlier : sequence of Detections
        From `Checkpoints.begin`.
    info : ModelInfo
        What the model declares.

    Raises
    ------
    ModelStateError
        If it breaks the contract, or there is no state to go on from.

    Examples
    --------
    >>> from neuropose.testing import FakeModel
    >>> require_sound([], FakeModel().info)
    """
    try:
        for found in earlier:
            check_detections(found, info)
    except ModelOutputError as error:
        raise ModelStateError(f"what an earlier run left is damaged: {error.message}") from error
    if earlier and earlier[-1].state is None:
        raise ModelStateError("an earlier run left no state to go on from")
