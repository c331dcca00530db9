"""The contract between the estimator and any pose model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from neuropose.data import Camera
from neuropose.skeletons import Skeleton

Picture = NDArray[np.uint8]
"""One RGB frame, shape (height, width, 3), as displayed (rotation applied)."""


class ModelInfo(BaseModel):
    """What a pose model declares about itself.

    Parameters
    ----------
    name : str
        Name under which it is registered.
    weights_sha256 : mapping of str to str
        SHA-256 of each weights file, by artefact name.
    skeletons : tuple of Skeleton
        The skeletons it provides; the first is the one it returns as loaded.
    runtime : str
        Library that runs it, with its version (``ai-edge-litert 2.0.2``).
    device : str
        Where it runs (``cpu``, ``gpu:0``).
    other_devices : tuple of str
        Devices of the same kind that are available to other instances (``gpu:1``).
    gives_confidence, gives_uncertainty : bool
        Whether the poses come with per-joint confidence and standard deviations.
    most_workers : int or None
        Number of CPU cores beyond which more do not speed up one video; None if there is no limit.
    license : str
        Licence of the weights.
    settings : mapping
        Model settings that the numbers depend on, for provenance.
    extra_arrays : mapping of str to tuple of int
        Shape of one person's row of each further array that it gives: ``{"vertices_mm": (6890,
        3)}``. Runs of such a model are not continued, but started again.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    weights_sha256: Mapping[str, str] = {}
    skeletons: tuple[Skeleton, ...]
    runtime: str
    device: str
    other_devices: tuple[str, ...] = ()
    gives_confidence: bool
    gives_uncertainty: bool = False
    most_workers: PositiveInt | None = None
    license: str
    settings: Mapping[str, float | int | str | bool] = {}
    extra_arrays: Mapping[str, tuple[int, ...]] = {}


@dataclass(frozen=True, slots=True)
class Detections:
    """What a model found in one frame, P people with J joints, or why it failed.

    Parameters
    ----------
    boxes : ndarray of float32, shape (P, 5)
        ``x, y, width, height`` in px and confidence, 0 to 1; none may be missing.
    poses3d : ndarray of float32, shape (P, J, 3)
        Joint positions in mm, camera frame (x right, y down, z forward). NaN: missing.
    poses2d : ndarray of float32, shape (P, J, 2)
        Joint positions in px of the given picture. NaN: missing.
    confidence : ndarray of float32, shape (P, J)
        Confidence of each joint, 0 to 1. NaN: not available.
    uncertainty_mm : ndarray of float32, shape (P, J), or None
        Standard deviation of each joint's position.
    state : bytes or None
        What the model needs, besides the following pictures, to resume after this one with the same
        bits; depends on neither `workers` nor time. None if it cannot resume from here.
    extra_arrays : mapping of str to ndarray of float32, shape (P, …)
        What the model declares in `ModelInfo.extra_arrays`. NaN: missing.
    failure : str or None
        Why the model failed on this picture, on one line that does not contain the video's name:
        the frame is then a gap with this reason, and P is 0. None if it succeeded.
    """

    boxes: NDArray[np.float32]
    poses3d: NDArray[np.float32]
    poses2d: NDArray[np.float32]
    confidence: NDArray[np.float32]
    uncertainty_mm: NDArray[np.float32] | None = None
    state: bytes | None = None
    failure: str | None = None
    extra_arrays: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    @classmethod
    def none(cls, joint_count: int, *, gives_uncertainty: bool = False) -> Detections:
        """Return a result in which nobody was found.

        Parameters
        ----------
        joint_count : int
            Number of joints of the model's skeleton.
        gives_uncertainty : bool
            Whether the model provides uncertainties.

        Returns
        -------
        Detections
            With P = 0.

        Examples
        --------
        >>> Detections.none(33).poses3d.shape
        (0, 33, 3)
        """
        return cls(
            boxes=np.empty((0, 5), np.float32),
            poses3d=np.empty((0, joint_count, 3), np.float32),
            poses2d=np.empty((0, joint_count, 2), np.float32),
            confidence=np.empty((0, joint_count), np.float32),
            uncertainty_mm=np.empty((0, joint_count), np.float32) if gives_uncertainty else None,
        )

    @classmethod
    def failed(
        cls, reason: str, joint_count: int, *, gives_uncertainty: bool = False
    ) -> Detections:
        """Return a result for a picture on which the model failed.

        Parameters
        ----------
        reason : str
            Reason of the failure on one line. The same for the same picture in every run.
        joint_count : int
            Number of joints of the model's skeleton.
        gives_uncertainty : bool
            Whether the model provides uncertainties.

        Returns
        -------
        Detections
            With P = 0 and the failure.

        Examples
        --------
        >>> Detections.failed("the picture is too small for the model", 33).failure
        'the picture is too small for the model'
        """
        nobody = cls.none(joint_count, gives_uncertainty=gives_uncertainty)
        return replace(nobody, failure=reason)


@runtime_checkable
class PoseModel(Protocol):
    """A pose model, embedded or third-party.

    Registered under the entry-point group ``neuropose.models`` as a function
    ``load(options: LoadOptions) -> PoseModel``, whose attributes say what it can be asked for; see
    `neuropose.estimator.registry`. `neuropose.testing.check_model` is the suite that every model
    must pass.
    """

    @property
    def info(self) -> ModelInfo:
        """What the model declares about itself."""
        ...

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
        state: bytes | None = None,
    ) -> Iterator[Detections]:
        """Find the people in consecutive frames of one video.

        Parameters
        ----------
        pictures : iterable of ndarray
            RGB frames, shape (height, width, 3), uint8, in order. They are decoded on demand and
            may be many: a model must not take more of them ahead than it is working on.
        camera : Camera
            Intrinsics of the displayed picture.
        fps : float
            Mean frame rate in frames per second, from which the time between two pictures follows.
        workers : int
            Number of CPU cores to use. Must not change the result by a single bit.
        state : bytes, optional
            Resume after the picture whose `Detections` had this state, with the same bits as if
            that call had never ended. `pictures` are those that follow.

        Yields
        ------
        Detections
            One per picture, in order. A picture that the model cannot process has a `failure`;
            other pictures are not affected by it.

        Raises
        ------
        ModelStateError
            If `state` is not one that the model returned. The video is then started again.

        Notes
        -----
        An exception ends the whole video; raise one only for errors that other pictures would also
        meet. Called once per video, possibly from several threads at once. Whatever the model
        carries from frame to frame lives within one call, unless it is returned as a state.

        A model that returns no states is never given one, and need not accept the argument. One
        that does may return them as rarely as it likes: an interrupted video is resumed after the
        last picture that has one.

        A model that looks at a part of each picture only may say so with an attribute
        ``takes_stored = True``: of videos it is then given `StoredPicture
        <neuropose.video.stored_picture.StoredPicture>` wherever that is possible, and converts what
        it looks at by itself.
        """
        ...

    def close(self) -> None:
        """Release the model's resources; it is not used afterwards."""
        ...


class InferenceOptions(BaseModel):
    """How to run a model. Options that a model does not support are refused; see `load_model`.

    Parameters
    ----------
    skeleton : str or None
        Name of the skeleton to return; None for the model's default.
    uncertainty : bool
        Whether to return standard deviations over the test-time augmentations.
    deterministic : bool
        Whether the same input must produce the same bits, even if that is slower.
    num_aug : int
        Number of test-time augmentations: slightly changed views of each person.
    detector_threshold : float
        Confidence, 0 to 1, below which a detection is dropped.
    max_detections : int or None
        Largest number of people per frame, the most certain ones; None for no limit.
    suppress_implausible_poses : bool
        Whether to drop anatomically impossible poses.
    batch_size : int or None
        Number of pictures at a time; None to derive it from the picture size and the memory.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    skeleton: str | None = None
    uncertainty: bool = False
    deterministic: bool = False
    num_aug: PositiveInt = 5
    detector_threshold: Annotated[float, Field(ge=0, le=1)] = 0.3
    max_detections: PositiveInt | None = None
    suppress_implausible_poses: bool = True
    batch_size: PositiveInt | None = None

    def asked_for(self) -> dict[str, Any]:
        """Return the options that request something.

        Returns
        -------
        dict
            By name, without None and False where these are the default.

        Examples
        --------
        >>> InferenceOptions(num_aug=5, uncertainty=False, skeleton=None).asked_for()
        {'num_aug': 5}
        """
        return {
            name: getattr(self, name)
            for name, field in type(self).model_fields.items()
            if name in self.model_fields_set
            and (getattr(self, name) != field.default or field.default not in (None, False))
        }


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """The arguments of a model's loader.

    Parameters
    ----------
    model_cache_dir : Path
        Where weights are kept.
    device : str
        ``auto``, ``cpu``, ``gpu`` or ``gpu:N``; the loader raises `DeviceError` if it is not
        available.
    report : callable, optional
        Called with one line of text when something takes long (a download).
    location : str or None
        Path or URL of the weights, the part after the colon of ``NAME:LOCATION``; None for the
        model's own weights.
    inference : InferenceOptions
        How to run it.
    model_options : BaseModel or None
        Options that only this model has, an instance of what its loader declares
        (`ModelLoader.model_options`). None: it declares none.
    """

    model_cache_dir: Path
    device: str = "auto"
    report: Callable[[str], None] | None = None
    location: str | None = None
    inference: InferenceOptions = field(default_factory=InferenceOptions)
    model_options: BaseModel | None = None
