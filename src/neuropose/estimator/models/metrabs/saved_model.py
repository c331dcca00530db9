"""A MeTRAbs SavedModel: loaded, its interface checked, called with arguments of its types."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Camera
from neuropose.errors import ModelLoadError
from neuropose.estimator.model import InferenceOptions
from neuropose.estimator.models.metrabs.device import tensorflow

_DETECT = "detect_poses_batched"
_DETECTOR = "detector"
_NAMES = "per_skeleton_joint_names"
_EDGES = ("per_skeleton_joint_edges", "per_skeleton_edges")
_FEWEST_COEFFICIENTS = 5
_RESULTS = ("boxes", "poses3d", "poses2d")
# In a batch, the top-k of the released graphs mixes up the people of different pictures.
_NO_LIMIT = -1


class SavedPoseModel:
    """The part of a SavedModel that NeuroPose uses.

    Parameters
    ----------
    folder : Path
        Holds ``saved_model.pb``.
    device : str
        ``cpu`` or ``gpu:N``.

    Raises
    ------
    ModelLoadError
        If it cannot be loaded, or lacks its detector or a part of MeTRAbs' interface.
    """

    def __init__(self, folder: Path, device: str) -> None:
        self._tf = tensorflow()
        self.device = device
        self.version = str(self._tf.__version__)
        try:
            with self._on_device():
                self._model = self._tf.saved_model.load(str(folder))
        except Exception as error:  # on a damaged file TensorFlow may raise anything
            reason = " ".join(str(error).split())[:200]
            raise ModelLoadError(
                f"the SavedModel cannot be loaded: {reason}",
                hint="fetch it again, or check whether a later TensorFlow saved it",
            ) from error
        self._edges_name = next((name for name in _EDGES if hasattr(self._model, name)), _EDGES[0])
        # Exported without a detector, it has the whole interface and never finds anybody.
        needed = (_DETECT, _DETECTOR, _NAMES, self._edges_name)
        missing = [name for name in needed if not hasattr(self._model, name)]
        if missing:
            raise ModelLoadError(
                "the SavedModel is not a MeTRAbs model that finds people: it has no "
                + ", ".join(missing),
                hint="use one that was released or exported with its detector",
            )

    def skeletons(self) -> dict[str, tuple[tuple[str, ...], tuple[tuple[int, int], ...]]]:
        """Return the joint names and edges of every skeleton, by name.

        Returns
        -------
        dict of str to (joints, edges)

        Raises
        ------
        ModelLoadError
            If they cannot be read.
        """
        try:
            names, edges = getattr(self._model, _NAMES), getattr(self._model, self._edges_name)
            return {
                str(name): (
                    tuple(joint.decode() for joint in names[name].numpy().tolist()),
                    tuple((int(a), int(b)) for a, b in edges[name].numpy().reshape(-1, 2)),
                )
                for name in names
                if name  # the nameless one has all joints of all datasets
            }
        except Exception as error:
            raise ModelLoadError(
                f"the SavedModel's skeletons cannot be read: {type(error).__name__}: {error}",
                hint="use one that was released or exported with its detector",
            ) from error

    def try_out(self, skeleton: str, options: InferenceOptions) -> None:
        """Run a blank picture, so that a mismatch shows before any video is started.

        Parameters
        ----------
        skeleton : str
            Name of the skeleton to return.
        options : InferenceOptions
            How to run the model.

        Raises
        ------
        ModelLoadError
            If the model does not accept MeTRAbs' arguments, or returns something else.
        """
        blank = np.zeros((1, 64, 64, 3), np.uint8)
        try:
            self.detect(blank, Camera.from_fov(64, 64, 55.0), skeleton, options)
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".partition("Received")[0].split())
            raise ModelLoadError(
                f"the SavedModel's {_DETECT} does not work as in MeTRAbs: {reason[:200]}",
                hint="use one that was released or exported with its detector",
            ) from error

    def detect(
        self, pictures: NDArray[np.uint8], camera: Camera, skeleton: str, options: InferenceOptions
    ) -> list[dict[str, NDArray[np.float32]]]:
        """Find the people in a batch of pictures.

        Parameters
        ----------
        pictures : ndarray of uint8, shape (N, H, W, 3)
            RGB.
        camera : Camera
            The camera of all pictures.
        skeleton : str
            Name of the skeleton to return.
        options : InferenceOptions
            How to run the model.

        Returns
        -------
        list of dict
            For each picture ``boxes`` (P, 5), ``poses3d`` and ``poses2d`` (P, J, 3|2); with
            uncertainty (P, A, J, 3|2), one pose per augmentation.
        """
        tf = self._tf
        with self._on_device():
            found = getattr(self._model, _DETECT)(
                tf.constant(pictures, tf.uint8),
                intrinsic_matrix=tf.constant(camera.matrix[None], tf.float32),
                distortion_coeffs=tf.constant(coefficients(camera)[None], tf.float32),
                num_aug=tf.constant(options.num_aug, tf.int32),
                average_aug=tf.constant(not options.uncertainty),
                skeleton=tf.constant(skeleton),
                detector_threshold=tf.constant(options.detector_threshold, tf.float32),
                max_detections=tf.constant(_NO_LIMIT, tf.int32),
                suppress_implausible_poses=tf.constant(options.suppress_implausible_poses),
            )
        columns = [_rows(found[name]) for name in _RESULTS]
        results = (dict(zip(_RESULTS, rows, strict=True)) for rows in zip(*columns, strict=True))
        return [
            _keep(one, most_certain(one["boxes"][:, 4], options.max_detections)) for one in results
        ]

    def memory_bytes(self) -> int | None:
        """Return the total memory of the device; None if not known.

        Returns
        -------
        int or None
            Bytes; for a GPU, its total memory, whoever uses it.
        """
        if self.device == "cpu":
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        from tensorflow.python.client import device_lib  # nothing public tells

        for device in device_lib.list_local_devices():
            if device.name.lower().endswith(self.device):
                return int(device.memory_limit)
        return None

    def is_out_of_memory(self, error: Exception) -> bool:
        """Return whether an error says that the device is out of memory.

        Parameters
        ----------
        error : Exception
            An error raised by `detect`.

        Returns
        -------
        bool
        """
        return isinstance(error, (MemoryError, self._tf.errors.ResourceExhaustedError))

    def is_about_the_pictures(self, error: Exception) -> bool:
        """Return whether an error says that the graph cannot process the pictures' content.

        Parameters
        ----------
        error : Exception
            An error raised by `detect`.

        Returns
        -------
        bool
        """
        return isinstance(error, self._tf.errors.InvalidArgumentError)

    def _on_device(self) -> Any:
        return self._tf.device(f"/{self.device.upper()}" + (":0" if self.device == "cpu" else ""))


def coefficients(camera: Camera) -> NDArray[np.float32]:
    """Return the distortion as MeTRAbs accepts it: 5 to 12 coefficients in OpenCV's order.

    Parameters
    ----------
    camera : Camera
        The camera.

    Returns
    -------
    ndarray of float32, shape (5,) to (12,)
        Coefficients, padded with zeros.

    Examples
    --------
    >>> coefficients(Camera.from_fov(640, 480, 55.0))
    array([0., 0., 0., 0., 0.], dtype=float32)
    """
    given = np.array(camera.distortion, np.float32)
    return np.pad(given, (0, max(_FEWEST_COEFFICIENTS - len(given), 0)))


def most_certain(confidence: NDArray[np.float32], most: int | None) -> NDArray[np.intp]:
    """Return the people with the highest confidence.

    Parameters
    ----------
    confidence : ndarray, shape (P,)
        Confidence of each person's detection, 0 to 1.
    most : int or None
        How many to keep at most; None for everybody.

    Returns
    -------
    ndarray of int, shape (min(P, most),)
        Their indices, ascending. Of equally certain people, the first are kept.

    Examples
    --------
    >>> most_certain(np.array([0.3, 0.9, 0.5, 0.5], np.float32), 2)
    array([1, 2])
    """
    return np.sort(np.argsort(-confidence, kind="stable")[:most])


def _keep(
    found: dict[str, NDArray[np.float32]], people: NDArray[np.intp]
) -> dict[str, NDArray[np.float32]]:
    return {name: rows[people] for name, rows in found.items()}


def _rows(ragged: Any) -> list[NDArray[np.float32]]:
    """Split a ragged result by picture; inner dimensions are ragged too if nobody was found."""
    values = np.asarray(ragged.flat_values.numpy(), np.float32)
    splits = ragged.row_splits.numpy()
    return [values[start:end] for start, end in pairwise(splits)]
