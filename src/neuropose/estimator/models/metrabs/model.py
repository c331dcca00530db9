"""MeTRAbs as a pose model: pictures in batches, ragged results into detections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from neuropose.assets.catalogue import METRABS_LICENSE
from neuropose.data import Camera, Lens
from neuropose.errors import (
    CameraError,
    ModelLoadError,
    ModelOutputError,
    ModelRunError,
    ModelStateError,
    did_you_mean,
)
from neuropose.estimator.model import Detections, LoadOptions, ModelInfo, Picture
from neuropose.estimator.models.metrabs.device import other_devices
from neuropose.estimator.models.metrabs.saved_model import SavedPoseModel
from neuropose.estimator.models.metrabs.weights import Weights
from neuropose.skeletons import Skeleton, make_skeleton

PREFERRED_SKELETONS = ("smpl+head_30", "smpl_24", "coco_19")
"""The default skeletons, best first: joint centres, with points of the head if possible."""
MOST_PICTURES = 32
_MOST_COEFFICIENTS = 12
_STATE_BYTES = 4
_MEMORY_SHARE = 0.1  # of the device's memory, for the pictures of a batch
_BYTES_PER_PIXEL = 3 * (1 + 4 + 4)  # as bytes, as floats, and linearised once more


class MeTRAbs:
    """A MeTRAbs SavedModel.

    Parameters
    ----------
    name : str
        Name under which it is registered.
    saved : SavedPoseModel
        The loaded SavedModel.
    weights : Weights
        Their hashes go into the provenance.
    options : LoadOptions
        How to run it.

    Raises
    ------
    ModelLoadError
        If the model does not have the requested skeleton, or an uncertainty is requested with a
        single augmentation.
    """

    def __init__(
        self, name: str, saved: SavedPoseModel, weights: Weights, options: LoadOptions
    ) -> None:
        inference = options.inference
        if inference.uncertainty and inference.num_aug < 2:
            raise ModelLoadError(
                "an uncertainty needs at least two test-time augmentations",
                hint="use --num-aug 5, or leave --uncertainty out",
            )
        self._saved = saved
        self._inference = inference
        self._report = options.report
        self._skeleton = _choose_skeleton(saved, inference.skeleton)
        saved.try_out(self._skeleton.name, inference)
        self._info = ModelInfo(
            name=name,
            weights_sha256=weights.sha256,
            skeletons=(self._skeleton, *_others(saved, self._skeleton)),
            runtime=f"tensorflow {saved.version}",
            device=saved.device,
            other_devices=other_devices(options.device),
            gives_confidence=False,
            gives_uncertainty=inference.uncertainty,
            license=METRABS_LICENSE,
            settings={
                "skeleton": self._skeleton.name,
                "num_aug": inference.num_aug,
                "uncertainty": inference.uncertainty,
                "detector_threshold": inference.detector_threshold,
                "max_detections": inference.max_detections or -1,
                "suppress_implausible_poses": inference.suppress_implausible_poses,
                "batch_size": inference.batch_size or "auto",
                "deterministic": inference.deterministic,
                "weights_license": METRABS_LICENSE,
            },
        )

    @property
    def info(self) -> ModelInfo:
        """What the model declares about itself."""
        return self._info

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,  # noqa: ARG002 - each picture is taken by itself
        workers: int = 1,  # noqa: ARG002 - TensorFlow has threads of its own
        state: bytes | None = None,
    ) -> Iterator[Detections]:
        """Find the people in consecutive frames of one video; see `PoseModel.predict`.

        Parameters
        ----------
        pictures : iterable of ndarray
            RGB frames.
        camera : Camera
            Intrinsics of the displayed picture, and distortion.
        fps, workers : float, int
            Not used.
        state : bytes, optional
            The size of the batches. Returned at the end of each whole one, so that a resumed video
            has the same batches.

        Yields
        ------
        Detections
            One per picture, in order; pictures that the graph cannot process have a `failure`.

        Raises
        ------
        CameraError
            If the camera has a fisheye lens, or more distortion coefficients than MeTRAbs accepts.
        ModelRunError
            If the device does not have enough memory for a single picture.
        ModelStateError
            If `state` is not one that the model returned.
        """
        if camera.lens is Lens.FISHEYE:
            raise CameraError(
                "MeTRAbs does not know fisheye lenses", hint="use --model blazepose for this camera"
            )
        if len(camera.distortion) > _MOST_COEFFICIENTS:
            raise CameraError(
                f"MeTRAbs accepts at most {_MOST_COEFFICIENTS} distortion coefficients, the camera "
                f"has {len(camera.distortion)}",
                hint="calibrate it without thin prism and tilt terms",
            )
        remaining = iter(pictures)
        size = None if state is None else self._size_in(state)
        while first := list(islice(remaining, 1)):
            size = size or self._first_size(first[0])
            batch = first + list(islice(remaining, size - 1))
            is_whole = len(batch) == size
            while batch:
                try:
                    found = self._detect(batch[:size], camera)
                except Exception as error:
                    if not self._saved.is_out_of_memory(error):
                        raise
                    size = self._smaller(min(size, len(batch)), error)
                    continue
                batch = batch[len(found) :]
                if is_whole and not batch:
                    found[-1] = replace(found[-1], state=_state(size))
                yield from found

    def state_before(self, number: int, picture: Picture, fps: float) -> bytes | None:  # noqa: ARG002
        """Return the state before a picture with which a batch begins.

        Parameters
        ----------
        number : int
            Number of the picture in the video.
        picture : ndarray of uint8, shape (height, width, 3)
            The picture.
        fps : float
            Not used.

        Returns
        -------
        bytes or None
            As for `predict`; batches are then those of the whole video. None: no batch begins at
            this picture.
        """
        size = self._first_size(picture)
        return _state(size) if number % size == 0 else None

    def close(self) -> None:
        """Release the model's resources."""

    def _detect(self, batch: list[Picture], camera: Camera) -> list[Detections]:
        """Process a batch; a picture that the graph cannot process does not affect the others."""
        try:
            results = self._saved.detect(
                np.stack(batch), camera, self._skeleton.name, self._inference
            )
        except Exception as error:
            if not self._saved.is_about_the_pictures(error):
                raise
            if len(batch) > 1:
                return [found for picture in batch for found in self._detect([picture], camera)]
            # Not TensorFlow's message, which may differ the next time.
            return [self._failed(f"the model failed on the picture ({type(error).__name__})")]
        return [self._detections(one) for one in results]

    def _detections(self, found: Mapping[str, NDArray[np.float32]]) -> Detections:
        boxes, poses3d, poses2d = found["boxes"], found["poses3d"], found["poses2d"]
        joint_count = len(self._skeleton.joints)
        if not len(boxes):
            return Detections.none(joint_count, gives_uncertainty=self._inference.uncertainty)
        if not np.isfinite(boxes).all() or np.isinf(poses3d).any() or np.isinf(poses2d).any():
            return self._failed("the model returned a position that is not finite")
        return _detections(boxes, poses3d, poses2d, joint_count)

    def _failed(self, reason: str) -> Detections:
        return Detections.failed(
            reason,
            len(self._skeleton.joints),
            gives_uncertainty=self._inference.uncertainty,
        )

    def _first_size(self, picture: Picture) -> int:
        height_px, width_px = picture.shape[:2]
        return self._inference.batch_size or batch_size(
            height_px, width_px, self._saved.memory_bytes()
        )

    def _size_in(self, state: bytes) -> int:
        size = int.from_bytes(state, "little")
        most = self._inference.batch_size or MOST_PICTURES
        if len(state) != _STATE_BYTES or not 1 <= size <= most:
            raise ModelStateError("this is not a state that MeTRAbs returned")
        return size

    def _smaller(self, size: int, error: Exception) -> int:
        if size == 1:
            raise ModelRunError(
                "the device does not have enough memory for a single picture",
                hint="use --device cpu, a smaller model, or fewer --num-aug",
            ) from error
        if self._report is not None:
            self._report(
                f"out of memory with {size} pictures at a time; continuing with {size // 2}"
            )
        return size // 2


def _state(size: int) -> bytes:
    return size.to_bytes(_STATE_BYTES, "little")


def batch_size(height_px: int, width_px: int, memory_bytes: int | None) -> int:
    """Return how many pictures to give the model at a time.

    Parameters
    ----------
    height_px, width_px : int
        Size of the pictures.
    memory_bytes : int or None
        Total memory of the device; if None (not known), 8 GB are assumed.

    Returns
    -------
    int
        1 to `MOST_PICTURES`, a power of two.

    Examples
    --------
    >>> batch_size(1080, 1920, 16_000_000_000), batch_size(2160, 3840, 4_000_000_000)
    (16, 1)
    """
    available = _MEMORY_SHARE * (memory_bytes or 8_000_000_000)
    most = available / (_BYTES_PER_PIXEL * height_px * width_px)
    return min(1 << max(int(most).bit_length() - 1, 0), MOST_PICTURES)


def _choose_skeleton(saved: SavedPoseModel, wanted: str | None) -> Skeleton:
    known = saved.skeletons()
    if wanted is None:
        wanted = next(
            (name for name in PREFERRED_SKELETONS if name in known), next(iter(known), "")
        )
    if wanted not in known:
        raise ModelLoadError(
            f"the model has no skeleton {wanted!r}",
            hint=did_you_mean(wanted, known, also=f"it has {', '.join(sorted(known)) or 'none'}"),
        )
    try:
        return make_skeleton(wanted, *known[wanted])
    except ValidationError as error:
        raise ModelLoadError(
            f"the model's skeleton {wanted!r} makes no sense: {error.errors()[0]['msg']}",
            hint=f"choose another: {', '.join(sorted(known))}",
        ) from error


def _others(saved: SavedPoseModel, chosen: Skeleton) -> Iterator[Skeleton]:
    for name, (joints, edges) in saved.skeletons().items():
        if name != chosen.name:
            with suppress(ValidationError):  # it cannot be asked for
                yield make_skeleton(name, joints, edges)


def _detections(
    boxes: NDArray[np.float32],
    poses3d: NDArray[np.float32],
    poses2d: NDArray[np.float32],
    joint_count: int,
) -> Detections:
    if poses3d.shape[-2:] != (joint_count, 3) or poses2d.shape[-2:] != (joint_count, 2):
        raise ModelOutputError(
            f"MeTRAbs returned poses of shape {poses3d.shape[1:]} and {poses2d.shape[1:]} for "
            f"{joint_count} joints"
        )
    uncertainty_mm = None
    if poses3d.ndim == 4:
        uncertainty_mm = spread_mm(poses3d)
        poses3d, poses2d = poses3d.mean(axis=1), poses2d.mean(axis=1)
    return Detections(
        boxes=np.concatenate([boxes[:, :4], np.clip(boxes[:, 4:5], 0.0, 1.0)], axis=1),
        poses3d=poses3d,
        poses2d=poses2d,
        confidence=np.full((len(boxes), joint_count), np.nan, np.float32),
        uncertainty_mm=uncertainty_mm,
    )


def spread_mm(poses3d: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the standard deviation of each joint's position over test-time augmentations.

    Parameters
    ----------
    poses3d : ndarray, shape (P, A, J, 3)
        One pose per augmentation, A of them, at least two.

    Returns
    -------
    ndarray of float32, shape (P, J)
        Root of the mean squared distance from the mean position, mm, with A − 1 in the denominator:
        the root of the trace of the sample covariance.

    Examples
    --------
    >>> spread_mm(np.array([[[[0.0, 0, 0]], [[3.0, 4, 0]]]], np.float32)).round(3)
    array([[3.536]], dtype=float32)
    """
    variance = poses3d.astype(np.float64).var(axis=1, ddof=1).sum(axis=-1)
    deviation: NDArray[np.float32] = np.sqrt(variance).astype(np.float32)
    return deviation
