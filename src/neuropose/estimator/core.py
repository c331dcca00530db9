"""The estimator: from a video and a pose model to validated predictions."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ConfigDict

from neuropose.cores import available_cores
from neuropose.data import Camera, Provenance, Source, VideoPredictions
from neuropose.data.doubts import camera_doubt, damage_doubt
from neuropose.data.extra_arrays import ExtraArrays
from neuropose.errors import (
    CameraError,
    ModelOutputError,
    ModelRunError,
    ModelStateError,
    NeuroPoseError,
)
from neuropose.estimator.background import Background
from neuropose.estimator.checkpoints import Checkpoints, checkpoint_key, declared, require_sound
from neuropose.estimator.collector import Collector
from neuropose.estimator.metrics import Metrics
from neuropose.estimator.model import Detections, Picture, PoseModel
from neuropose.estimator.pictures import Pictures
from neuropose.estimator.streaming import LivePose, recorded, stream_poses
from neuropose.grammar import counted
from neuropose.provenance import collect_provenance
from neuropose.video.live import LiveReader
from neuropose.video.reader import VideoReader, video_sha256

DEFAULT_FOV_DEGREES = 55.0
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a video.

    Parameters
    ----------
    frames_done : int
        Frames with a result.
    frames_expected : int
        Number of frames in the container.
    resumed_frames : int
        Frames whose results come from an earlier run, and take no work.
    """

    frames_done: int
    frames_expected: int
    resumed_frames: int = 0


class ProcessVideoResult(BaseModel):
    """What `Estimator.process_video` returns.

    Parameters
    ----------
    predictions : VideoPredictions
        Bit for bit the same for the same video, model and settings.
    metrics : Metrics
        Speed and memory of this run.
    extra_arrays : ExtraArrays or None
        What the model gives beyond joints. None: nothing.
    """

    model_config = ConfigDict(frozen=True)

    predictions: VideoPredictions
    metrics: Metrics
    extra_arrays: ExtraArrays | None = None


class Estimator:
    """Turns videos into predictions; opens no file but the video.

    Parameters
    ----------
    model : PoseModel
        From `load_model`, or any object that satisfies the protocol.
    workers : int, optional
        Number of CPU cores to use; default: all that the process may use. Does not change the
        result.
    default_fov_degrees : float
        Field of view along the larger picture side, assumed when nothing is known about the camera.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import FakeModel, write_numbered_video
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     video = write_numbered_video(Path(folder) / "clip.mp4", frame_count=10)
    ...     result = Estimator(FakeModel()).process_video(video)
    >>> result.predictions.metadata.frame_count
    10
    """

    def __init__(
        self,
        model: PoseModel,
        *,
        workers: int | None = None,
        default_fov_degrees: float = DEFAULT_FOV_DEGREES,
    ) -> None:
        if isinstance(model, (str, Path)):
            raise TypeError(f"a model, not its name: Estimator(load_model({str(model)!r}))")
        if workers is not None and workers < 1:
            raise ValueError(f"workers must be at least 1, not {workers}")
        self.model = model
        self._workers = workers or available_cores()
        self._default_fov_degrees = default_fov_degrees

    def process_video(
        self,
        path: Path | str,
        *,
        camera: Camera | None = None,
        fov_degrees: float | None = None,
        progress: Callable[[Progress], None] | None = None,
        cancel: Callable[[], bool] | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> ProcessVideoResult:
        """Find everybody in every frame of a video.

        Parameters
        ----------
        path : Path or str
            The video.
        camera : Camera, optional
            Intrinsics of the displayed picture.
        fov_degrees : float, optional
            Field of view along the larger picture side, if the intrinsics are not known.
        progress : callable, optional
            Called from this thread after every frame that has a picture, and at the end.
        cancel : callable, optional
            Called before every frame; returns True to stop.
        checkpoints : Checkpoints, optional
            Stores results on the way. The results of an earlier run are reused if video, camera,
            model, settings and versions are the same, and the model resumes from there; the
            predictions are then bit for bit those of an uninterrupted run.

        Returns
        -------
        ProcessVideoResult
            Predictions in mm (camera frame) and px, and metrics. Their warnings say if much of the
            video has no picture, if the camera looks like that of another video, and if nobody was
            found.

        Raises
        ------
        VideoError
            If the video cannot be used; the subclass says why.
        CameraError
            If both `camera` and `fov_degrees` are given, the field of view is impossible, or the
            camera's centre lies outside the picture.
        ModelError
            If the model fails.
        CancelledError
            If `cancel` returned True.
        OutputError
            If `checkpoints` cannot store results.
        """
        attempt = partial(
            self._process, Path(path), camera, fov_degrees, progress, cancel, checkpoints
        )
        try:
            return attempt()
        except ModelStateError:
            if checkpoints is None:
                raise
            checkpoints.discard()
            return attempt()

    def _process(
        self,
        path: Path,
        camera: Camera | None,
        fov_degrees: float | None,
        progress: Callable[[Progress], None] | None,
        cancel: Callable[[], bool] | None,
        checkpoints: Checkpoints | None,
    ) -> ProcessVideoResult:
        start = time.perf_counter()
        info = self.model.info
        if info.extra_arrays:
            checkpoints = None  # they hold joints only
        collector = Collector(info)
        with VideoReader(path) as reader:
            provenance = self.provenance(path)
            camera = _choose_camera(
                reader.width, reader.height, camera, fov_degrees, self._default_fov_degrees
            )
            earlier: tuple[Detections, ...] = ()
            if checkpoints is not None:
                key = checkpoint_key(provenance, camera, reader.fps, info)
                earlier = tuple(checkpoints.begin(key))
                reader.skim(len(earlier))
            background = Background(reader.expected_frame_count, reader.fps)
            as_stored = getattr(self.model, "takes_stored", False)
            pictures = Pictures(reader, collector, cancel, background, as_stored=as_stored)
            done, expected = 0, reader.expected_frame_count
            results = self._results(pictures, camera, reader.fps, earlier)
            for number, found in enumerate(results):
                resumed = number < len(earlier)
                collector.add_detections(found, resumed=resumed)
                if checkpoints is not None and not resumed:
                    checkpoints.add(declared(found, info))
                done = collector.frames_done
                if progress is not None:
                    progress(Progress(done, expected, len(earlier)))
            if not pictures.ended:
                raise ModelOutputError(f"model {info.name!r} stopped before the end of the video")
            if progress is not None and done < collector.frames_done:  # the video ends in a gap
                progress(Progress(collector.frames_done, expected, len(earlier)))
            metadata = reader.metadata()
        doubts = (
            damage_doubt(metadata),
            camera_doubt(camera, reader.width, reader.height),
            *reader.warnings,
        )
        predictions = collector.predictions(
            metadata, camera, provenance, tuple(doubt for doubt in doubts if doubt is not None)
        )
        moves = background.doubt(predictions)
        if moves is not None:
            warnings = (*predictions.warnings, moves)
            predictions = predictions.model_copy(update={"warnings": warnings})
        metrics = collector.metrics(
            predictions,
            workers=self._useful_workers(),
            wall_s=time.perf_counter() - start,
            decode_s=pictures.decode_s,
        )
        extra = collector.extra_arrays(predictions)
        return ProcessVideoResult(predictions=predictions, metrics=metrics, extra_arrays=extra)

    def stream(
        self,
        frames: Iterable[tuple[float, Picture]],
        *,
        camera: Camera | None = None,
        fov_degrees: float | None = None,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[LivePose]:
        """Find everybody in each picture as it comes; nothing is kept or decoded in advance.

        Parameters
        ----------
        frames : iterable of (float, ndarray of uint8, shape (height, width, 3))
            Time in seconds, ascending, and RGB picture; all of one size. A camera or network
            stream: `neuropose.video.live.LiveReader`.
        camera : Camera, optional
            Intrinsics of the picture.
        fov_degrees : float, optional
            Field of view along the larger picture side, if the intrinsics are not known.
        fps : float
            Frames per second, approximately.
        workers : int
            Number of CPU cores. With more than one, a model may work on several pictures at once:
            more of them a second, each later.

        Yields
        ------
        LivePose
            One per picture, in order, with the identities of the people and the latency.

        Raises
        ------
        CameraError
            If both `camera` and `fov_degrees` are given, or the camera does not fit the pictures.
        ModelError
            If the model fails.

        Examples
        --------
        >>> import numpy as np
        >>> from neuropose.testing import FakeModel
        >>> pictures = ((t / 30.0, np.zeros((48, 64, 3), np.uint8)) for t in range(3))
        >>> poses = Estimator(FakeModel()).stream(pictures, fov_degrees=60.0)
        >>> [len(pose.prediction.boxes) for pose in poses]
        [1, 1, 1]
        """

        def camera_of(width: int, height: int) -> Camera:
            return _choose_camera(width, height, camera, fov_degrees, self._default_fov_degrees)

        return stream_poses(self.model, frames, camera_of, fps=fps, workers=workers)

    def record(
        self,
        source: LiveReader,
        *,
        seconds: float | None = None,
        camera: Camera | None = None,
        fov_degrees: float | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> VideoPredictions:
        """Find everybody in a live source, until it ends or the time is over.

        Parameters
        ----------
        source : LiveReader
            The source. Pictures that come faster than the model works are left out; the times of
            the others stay their own.
        seconds : float, optional
            How long, by the source's clock; default: until it ends.
        camera : Camera, optional
            Intrinsics of the picture.
        fov_degrees : float, optional
            Field of view along the larger picture side, if the intrinsics are not known.
        progress : callable, optional
            Called with the number of pictures after each.

        Returns
        -------
        VideoPredictions
            A warning says how many pictures were left out.

        Raises
        ------
        VideoError
            If the source breaks off, or ends before its first picture.
        CameraError, ModelError
            As `stream`.
        """
        size = (0, 0)

        def frames() -> Iterator[tuple[float, Picture]]:
            nonlocal size
            last_s = -1.0
            for frame in source:
                if seconds is not None and frame.time_s > seconds:
                    return
                if frame.time_s > last_s:
                    size, last_s = (frame.picture.shape[1], frame.picture.shape[0]), frame.time_s
                    yield frame.time_s, frame.picture

        poses = []
        for pose in self.stream(
            frames(), camera=camera, fov_degrees=fov_degrees, fps=source.fps, workers=1
        ):
            poses.append(pose)
            if progress is not None:
                progress(len(poses))
        chosen = _choose_camera(
            *(size if poses else (1, 1)), camera, fov_degrees, self._default_fov_degrees
        )
        provenance = self.provenance(None)
        dropped = source.dropped
        warnings = (
            (f"left out: {counted(dropped, 'picture')} that came too fast",) if dropped else ()
        )
        return recorded(poses, self.model.info, chosen, size, provenance, warnings)

    def would_give(
        self,
        path: Path,
        provenance: Provenance | None,
        camera: Camera | None,
        *,
        given: Camera | None = None,
        fov_degrees: float | None = None,
    ) -> bool:
        """Return whether `process_video` would return the same again.

        Parameters
        ----------
        path : Path
            The video.
        provenance : Provenance or None
            Provenance of the earlier predictions.
        camera : Camera or None
            Camera of the earlier predictions.
        given : Camera, optional
            Camera that `process_video` would be given.
        fov_degrees : float, optional
            Field of view that it would be given.

        Returns
        -------
        bool
            False if the video, the model, the camera, a setting or a version differs or is not
            known.
        """
        if camera is None:
            return False
        if given is not None:
            same_camera = camera == given
        else:
            source = Source.ASSUMED if fov_degrees is None else Source.GIVEN
            fov = self._default_fov_degrees if fov_degrees is None else fov_degrees
            same_camera = (camera.fov_degrees, camera.fov_source) == (fov, source)
        return same_camera and provenance == self.provenance(path)

    def provenance(self, path: Path | None) -> Provenance:
        """Return what the results of a video would depend on.

        Parameters
        ----------
        path : Path or None
            The video; its content is hashed. None: no video.

        Returns
        -------
        Provenance
        """
        info = self.model.info
        return collect_provenance(
            model=info.name,
            model_sha256=info.weights_sha256,
            model_license=info.license,
            # Which of several GPUs was used is not a setting: the next attempt may get another.
            settings={
                "device": info.device.partition(":")[0],
                "runtime": info.runtime,
                **info.settings,
            },
            input_sha256=None if path is None else video_sha256(path),
        )

    def camera_for(self, width: int, height: int) -> Camera:
        """Return the camera that is assumed if nothing is known of it.

        Parameters
        ----------
        width, height : int
            Size of the displayed picture in px.

        Returns
        -------
        Camera
        """
        return _choose_camera(width, height, None, None, self._default_fov_degrees)

    def with_model(self, model: PoseModel) -> Estimator:
        """Return an estimator that differs in nothing but the model.

        Parameters
        ----------
        model : PoseModel
            Its model.

        Returns
        -------
        Estimator
        """
        return Estimator(
            model, workers=self._workers, default_fov_degrees=self._default_fov_degrees
        )

    def detect(
        self,
        pictures: Iterator[Picture],
        camera: Camera,
        fps: float,
        state: bytes | None = None,
    ) -> Generator[Detections]:
        """Find people in consecutive pictures, of whom nobody is identified.

        Parameters
        ----------
        pictures : iterator of ndarray of uint8, shape (height, width, 3)
            RGB.
        camera : Camera
            Intrinsics of the pictures.
        fps : float
            Frames per second.
        state : bytes, optional
            The state of the model before the first picture; default: that before any.

        Yields
        ------
        Detections
            One per picture, in order.

        Raises
        ------
        ModelError
            If the model fails.
        """
        yield from self._predict(pictures, camera, fps, state)

    def _useful_workers(self) -> int:
        most = self.model.info.most_workers
        return self._workers if most is None else min(self._workers, most)

    def _results(
        self, pictures: Pictures, camera: Camera, fps: float, earlier: Sequence[Detections]
    ) -> Iterator[Detections]:
        """Yield the earlier results, then let the model resume from there."""
        require_sound(earlier, self.model.info)
        for found in earlier:
            if next(pictures, None) is None:
                raise ModelStateError("an earlier run found more pictures in the video")
            yield found
        state = earlier[-1].state if earlier else None
        yield from self._predict(pictures, camera, fps, state)

    def _predict(
        self,
        pictures: Iterator[Picture] | Pictures,
        camera: Camera,
        fps: float,
        state: bytes | None,
    ) -> Iterator[Detections]:
        # Models that return no states need not accept them.
        resume = {} if state is None else {"state": state}
        workers = self._useful_workers()
        given = cast("Iterable[Picture]", pictures)  # others only to a model that takes them
        try:
            yield from self.model.predict(given, camera, fps=fps, workers=workers, **resume)
        except Exception as error:
            if isinstance(error, NeuroPoseError) or error is getattr(pictures, "error", None):
                raise
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]
            raise ModelRunError(
                f"model {self.model.info.name!r} failed: {reason}",
                hint="see --debug; if the model is a plug-in, ask its authors",
            ) from error


def _choose_camera(
    width: int,
    height: int,
    camera: Camera | None,
    fov_degrees: float | None,
    default_fov_degrees: float,
) -> Camera:
    if camera is not None:
        if fov_degrees is not None:
            raise CameraError(
                "both a camera and a field of view were given", hint="give one of them"
            )
        (_, _, centre_x), (_, _, centre_y), _ = camera.intrinsic_matrix
        if not (0.0 <= centre_x <= width and 0.0 <= centre_y <= height):
            raise CameraError(
                f"the camera's centre ({centre_x:g}, {centre_y:g}) lies outside the picture "
                f"({width} × {height} px)",
                hint="intrinsics must be those of the picture as displayed: same size, upright",
            )
        return camera
    if fov_degrees is None:
        return Camera.from_fov(width, height, default_fov_degrees, fov_source=Source.ASSUMED)
    return Camera.from_fov(width, height, fov_degrees)
