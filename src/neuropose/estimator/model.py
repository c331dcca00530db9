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
    """What a pose model declares of itself.

    Parameters
    ----------
    name : str
        Name under which it is registered.
    weights_sha256 : mapping of str to str
        SHA-256 of each weights file, by artefact name.
    skeletons : tuple of Skeleton
        The skeletons it can give; the first is the one that it gives as loaded.
    runtime : str
        Library and version that runs it (``ai-edge-litert 2.0.2``).
    device : str
        Where it runs (``cpu``, ``gpu:0``).
    other_devices : tuple of str
        Devices of the same kind that are there for other instances (``gpu:1``).
    gives_confidence, gives_uncertainty : bool
        Whether per-joint confidence and standard deviations come with the poses.
    most_workers : int or None
        CPU cores beyond which more are of no use to one video. None: no such limit.
    license : str
        Licence of the weights.
    settings : mapping
        Model settings that the numbers depend on, for provenance.
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


@dataclass(frozen=True, slots=True)
class Detections:
    """What a model found in one frame, P people of J joints, or why it cannot say.

    Parameters
    ----------
    boxes : ndarray of float32, shape (P, 5)
        ``x, y, width, height`` in px and confidence, 0 to 1; none of them missing.
    poses3d : ndarray of float32, shape (P, J, 3)
        mm, camera frame (x right, y down, z forward). NaN: missing.
    poses2d : ndarray of float32, shape (P, J, 2)
        px of the picture that was given. NaN: missing.
    confidence : ndarray of float32, shape (P, J)
        0 to 1. NaN: not given.
    uncertainty_mm : ndarray of float32, shape (P, J), or None
        Standard deviation of each joint's position.
    state : bytes or None
        What the model needs, beside the pictures that follow, to go on after this one with the
        same bits; depends on neither `workers` nor time. None: it cannot go on from here.
    failure : str or None
        Why the model could not look at this picture, on one line without anything of the
        video's name: the frame is then a gap of this reason, and P is 0. None: it did, and whoever
        is not in the result was not found.
    """

    boxes: NDArray[np.float32]
    poses3d: NDArray[np.float32]
    poses2d: NDArray[np.float32]
    confidence: NDArray[np.float32]
    uncertainty_mm: NDArray[np.float32] | None = None
    state: bytes | None = None
    failure: str | None = None

    @classmethod
    def none(cls, joint_count: int, *, gives_uncertainty: bool = False) -> Detections:
        """Nobody found.

        Parameters
        ----------
        joint_count : int
            Joints of the model's skeleton.
        gives_uncertainty : bool
            As the model declares.

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
        """Nothing is known of this picture, as the model failed on it.

        Parameters
        ----------
        reason : str
            One line. The same for the same picture in every run.
        joint_count : int
            Joints of the model's skeleton.
        gives_uncertainty : bool
            As the model declares.

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
    ``load(options: LoadOptions) -> PoseModel``, whose attributes say what it can be asked for: see
    `neuropose.estimator.registry`. `neuropose.testing.check_model` is the suite that every model
    must pass.
    """

    @property
    def info(self) -> ModelInfo:
        """What the model declares of itself."""
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
            RGB frames, shape (height, width, 3), uint8, in order. They are decoded as they are
            taken, and may be many: a model takes no more of them ahead than it works on.
        camera : Camera
            Intrinsics of the displayed picture.
        fps : float
            Mean frame rate, frames per second: how much time passes between two pictures.
        workers : int
            How many CPU cores to use. Must not change the result by a single bit.
        state : bytes, optional
            Go on after the picture whose `Detections` had this state, with the same bits as if
            that call had never ended. `pictures` are those that follow.

        Yields
        ------
        Detections
            One a picture, in order. A picture that the model cannot cope with is one with a
            `failure`; other pictures are not affected by it.

        Raises
        ------
        ModelStateError
            If `state` is none that the model gave. The video is then begun again.

        Notes
        -----
        An exception ends the whole video; raise one for what other pictures would meet with, too.

        Called once a video, perhaps from several threads at once. Whatever the model carries from
        frame to frame lives within one call, unless it gives it out as a state.

        A model that gives no states is never given one, and need not take the argument. One that
        does may give them as rarely as it likes: an interrupted video is resumed after the last
        picture that has one.
        """
        ...

    def close(self) -> None:
        """Free what the model holds; it is not used afterwards."""
        ...


class InferenceOptions(BaseModel):
    """How a model is to be run. What a model does not heed is refused, see `load_model`.

    Parameters
    ----------
    skeleton : str or None
        Name of the skeleton that it is to give; None: its own choice.
    uncertainty : bool
        Whether it is to give standard deviations, over its test-time augmentations.
    deterministic : bool
        Whether the same input must give the same bits, even where that is slower.
    num_aug : int
        Test-time augmentations: how often each person is looked at, slightly changed.
    detector_threshold : float
        Confidence, 0 to 1, below which a detection is dropped.
    max_detections : int or None
        Most people in a frame, the most certain ones; None: no limit.
    suppress_implausible_poses : bool
        Whether poses that no body can take are dropped.
    batch_size : int or None
        Pictures at a time; None: from the size of the picture and the memory.
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
        """Options that were given and ask for something.

        Returns
        -------
        dict
            By name. Not in it: None and False where these are the default.

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
    """What a model's loader is told.

    Parameters
    ----------
    model_cache_dir : Path
        Where weights are kept.
    device : str
        ``auto``, ``cpu``, ``gpu`` or ``gpu:N``; the loader raises `DeviceError` if it is not
        there.
    report : callable, optional
        Called with one line of text when something takes long (a download).
    location : str or None
        Path or URL of the weights, what follows the colon of ``NAME:LOCATION``; None: the
        model's own weights.
    inference : InferenceOptions
        How it is to be run.
    """

    model_cache_dir: Path
    device: str = "auto"
    report: Callable[[str], None] | None = None
    location: str | None = None
    inference: InferenceOptions = field(default_factory=InferenceOptions)
