"""`check_model` passes a sound model, and catches every broken rule by the check meant for it."""

from __future__ import annotations

import itertools
import pickle
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuropose.data import Camera
from neuropose.errors import DeviceError, ModelError
from neuropose.estimator.model import Detections, LoadOptions, ModelInfo, Picture
from neuropose.testing import (
    MODEL_CHECKS,
    FakeModel,
    ModelConformanceError,
    check_model,
    read_number,
)
from neuropose.testing.conformance.model_checks import MOST_AHEAD


class Model(FakeModel):
    """A sound model, to be broken by overriding one thing."""

    def __init__(self) -> None:
        super().__init__(resumable=False)

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        for picture in pictures:
            yield self.find(picture, camera)

    def find(self, picture: Picture, camera: Camera) -> Detections:
        [found] = super().predict([picture], camera)
        return found


def broken_info(**changes: Any) -> type[Model]:
    class Broken(Model):
        @property
        def info(self) -> ModelInfo:
            return super().info.model_copy(update=changes)

    return Broken


def broken_output(change: Callable[[Detections], Detections]) -> type[Model]:
    class Broken(Model):
        def find(self, picture: Picture, camera: Camera) -> Detections:
            return change(super().find(picture, camera))

    return Broken


class InfoThatChanges(Model):
    def __init__(self) -> None:
        super().__init__()
        self.calls = itertools.count()

    @property
    def info(self) -> ModelInfo:
        return super().info.model_copy(update={"settings": {"calls": next(self.calls)}})


class LosesTheLast(Model):
    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        yield from list(super().predict(pictures, camera))[:-1]


class FailsOnNothing(Model):
    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        pictures = iter(pictures)
        yield self.find(next(pictures), camera)
        yield from super().predict(pictures, camera)


class FailsOnBlack(Model):
    def find(self, picture: Picture, camera: Camera) -> Detections:
        if not picture.any():
            raise ZeroDivisionError("no contrast")
        return super().find(picture, camera)


class FailsOnTiny(Model):
    def find(self, picture: Picture, camera: Camera) -> Detections:
        if min(picture.shape[:2]) < 32:
            raise ValueError("too small")
        return super().find(picture, camera)


class DriftsFromVideoToVideo(Model):
    shift = 0.0

    def find(self, picture: Picture, camera: Camera) -> Detections:
        found = super().find(picture, camera)
        return replace(found, poses3d=found.poses3d + np.float32(self.shift))

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        yield from super().predict(pictures, camera)
        self.shift += 0.01


class DependsOnWorkers(Model):
    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        for found in super().predict(pictures, camera):
            yield replace(found, boxes=found.boxes + np.float32(workers - 1))


class SharesStateBetweenThreads(Model):
    """Follows people in an attribute that another video overwrites."""

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        self.last: object = None
        for picture in pictures:
            follows = self.last is not None and self.last is not threading.current_thread()
            self.last = threading.current_thread()
            found = self.find(picture, camera)
            yield replace(found, boxes=found.boxes + np.float32(follows))


class DrawsOnPictures(Model):
    def find(self, picture: Picture, camera: Camera) -> Detections:
        if picture.flags.writeable:
            picture[-1, -1] = 255
        return super().find(picture, camera)


class NeedsWriteablePictures(Model):
    def find(self, picture: Picture, camera: Camera) -> Detections:
        picture.flags.writeable = True
        return super().find(picture, camera)


class ReusesItsBuffer(Model):
    def __init__(self) -> None:
        super().__init__()
        self.buffer = np.zeros((1, 33, 3), np.float32)

    def find(self, picture: Picture, camera: Camera) -> Detections:
        found = super().find(picture, camera)
        if len(found.boxes) == 1:
            self.buffer[...] = found.poses3d
            found = replace(found, poses3d=self.buffer)
        return found


class TakesTheWholeVideo(Model):
    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        yield from super().predict(list(pictures), camera)


class RemembersAbandonedVideos(Model):
    waiting: list[Detections]

    def __init__(self) -> None:
        super().__init__()
        self.waiting = []

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        for picture in pictures:
            self.waiting.append(self.find(picture, camera))
            yield self.waiting[0]
            self.waiting.pop(0)


class SwallowsStreamErrors(Model):
    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        pictures = iter(pictures)
        while True:
            try:
                picture = next(pictures, None)
            except Exception:
                return
            if picture is None:
                return
            yield self.find(picture, camera)


class DisguisesStreamErrors(Model):
    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        try:
            yield from super().predict(pictures, camera)
        except Exception as error:
            raise RuntimeError("inference failed") from error


class ForgetsWhatItSaw(FakeModel):
    """Counts pictures, and does not say so in its states."""

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
        state: bytes | None = None,
    ) -> Iterator[Detections]:
        for count, found in enumerate(super().predict(pictures, camera, state=state)):
            yield replace(found, boxes=found.boxes + np.float32(count))


class TakesNoStates(FakeModel):
    """Gives states, and cannot be given one."""

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        return super().predict(pictures, camera)


class TakesAnyState(FakeModel):
    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
        state: bytes | None = None,
    ) -> Iterator[Detections]:
        return super().predict(pictures, camera)


class ChokesOnDamagedStates(FakeModel):
    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
        state: bytes | None = None,
    ) -> Iterator[Detections]:
        if state:
            raise KeyError(state)
        return super().predict(pictures, camera)


class ClosesOnce(Model):
    def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


def nan_boxes(found: Detections) -> Detections:
    return replace(found, boxes=np.full_like(found.boxes, np.nan))


def loader(
    *, heeds: Callable[[LoadOptions], dict[str, Any]] | None = None, **declared: Any
) -> Callable[[], Callable[[LoadOptions], FakeModel]]:
    """A loader that declares something and heeds some of it; a function, as models are classes."""

    def load(options: LoadOptions) -> FakeModel:
        return Told({} if heeds is None else heeds(options))

    for name, value in declared.items():
        setattr(load, name, value)
    return lambda: load


class Told(FakeModel):
    """What it declares of itself is what it was told, in part."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__()
        self.told = told

    @property
    def info(self) -> ModelInfo:
        return super().info.model_copy(update=self.told)


CPU_ONLY = {"devices": ("cpu",)}
NO_OPTIONS = {"inference_options": (), **CPU_ONLY}


def promises_uncertainty(options: LoadOptions) -> dict[str, Any]:
    return {"gives_uncertainty": options.inference.uncertainty}


BROKEN: list[tuple[str, Callable[[], Any], str]] = [
    ("info", broken_info(license=" "), "license is empty"),
    ("info", broken_info(skeletons=()), "no skeleton"),
    ("info", broken_info(weights_sha256={"w.bin": "ABC"}), "hexadecimal"),
    ("info", InfoThatChanges, "not the same twice"),
    ("output", broken_output(lambda f: replace(f, poses3d=f.poses3d[..., :2])), "poses3d"),
    ("output", broken_output(lambda f: replace(f, boxes=f.boxes.astype(float))), "float64"),
    ("output", broken_output(lambda f: replace(f, poses2d=f.poses2d / 0)), "infinite"),
    ("output", broken_output(lambda f: replace(f, confidence=2 + f.confidence)), "0 to 1"),
    ("output", broken_output(nan_boxes), "box with a missing value"),
    ("output", broken_output(lambda f: replace(f, boxes=f.boxes * 0)), "no size"),
    ("output", broken_info(gives_confidence=False), "gives_confidence is False"),
    ("output", broken_output(lambda f: replace(f, confidence=f.confidence * np.nan)), "no conf"),
    ("output", broken_info(gives_uncertainty=True), "uncertainty_mm"),
    (
        "output",
        broken_output(lambda f: replace(f, uncertainty_mm=f.confidence)),
        "gives_uncertainty is False",
    ),
    ("output", broken_output(lambda f: replace(f, state="here")), "state as str, not bytes"),
    ("count", LosesTheLast, "0 results for 1 pictures"),
    ("count", FailsOnNothing, "raised RuntimeError"),
    ("finds_people", broken_output(lambda f: Detections.none(33)), "nobody"),
    ("geometry", broken_output(lambda f: replace(f, boxes=f.boxes + 9000)), "box outside"),
    ("geometry", broken_output(lambda f: replace(f, poses2d=f.poses2d - 900)), "joints outside"),
    ("geometry", broken_output(lambda f: replace(f, poses2d=f.poses2d / 480)), "outside their"),
    ("geometry", broken_output(lambda f: replace(f, poses3d=-f.poses3d)), "behind the camera"),
    ("geometry", broken_output(lambda f: replace(f, poses3d=f.poses3d / 1000)), "millimetres"),
    (
        "geometry",
        broken_output(lambda f: replace(f, poses3d=f.poses3d * np.float32([1, -1, 1]))),
        "do not project",
    ),
    ("picture_sizes", FailsOnBlack, "a black picture: raised ZeroDivisionError: no contrast"),
    ("picture_sizes", FailsOnTiny, "16×16 noise: raised ValueError: too small"),
    ("repeatable", DriftsFromVideoToVideo, "poses3d of picture 0 differs"),
    ("workers", DependsOnWorkers, "2 workers against one: boxes"),
    ("threads", SharesStateBetweenThreads, "at the same time: boxes"),
    ("read_only", DrawsOnPictures, "a picture was changed"),
    ("read_only", NeedsWriteablePictures, "raised ValueError"),
    ("own_results", ReusesItsBuffer, "changed while the model went on: poses3d"),
    ("streaming", TakesTheWholeVideo, f"{MOST_AHEAD + 36} pictures were taken"),
    ("abandoned", RemembersAbandonedVideos, "given up"),
    ("stream_error", SwallowsStreamErrors, "swallowed"),
    ("stream_error", DisguisesStreamErrors, "came out as RuntimeError"),
    ("resumable", ForgetsWhatItSaw, "after picture 0 with 1 workers: boxes of picture 0 differs"),
    ("resumable", TakesNoStates, "raised TypeError"),
    ("resumable", TakesAnyState, "a damaged state was taken"),
    ("resumable", ChokesOnDamagedStates, "raised KeyError, not ModelStateError"),
    ("output", broken_output(lambda f: Detections.failed("dark", 33)), "sound picture: dark"),
    ("output", broken_output(lambda f: replace(f, failure="dark")), "people with the failure"),
    ("options", loader(**CPU_ONLY), "is ignored: model 'fake' has no skeleton 'no_such_skeleton'"),
    ("options", loader(**CPU_ONLY), "is ignored: model 'fake' provides no uncertainty"),
    ("options", loader(inference_options=()), "is ignored: model 'fake' runs on 'cpu', not on"),
    ("options", loader(heeds=promises_uncertainty, **CPU_ONLY), "uncertainty_mm as NoneType"),
    ("options", loader(inference_options=["speed"], **CPU_ONLY), "speed: there is no such option"),
    ("options", loader(skeletons=("other",), **NO_OPTIONS), "loader are ['other'], those of info"),
    ("options", loader(inference_options=(), devices=("gpu",)), "the device of info 'cpu'"),
    ("options", loader(inference_options="num_aug"), "not a collection of names"),
    ("options", loader(inference_options=["num_aug"], **CPU_ONLY), "num_aug is supported"),
    ("close", ClosesOnce, "raised RuntimeError: closed already"),
]


def test_a_sound_model_passes_and_is_closed() -> None:
    model = FakeModel()
    check_model(model)
    assert model.closed


@pytest.mark.parametrize("check", MODEL_CHECKS)
def test_a_sound_model_passes_every_check_alone(check: str) -> None:
    check_model(Model(), checks=[check])


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.parametrize(("check", "kind", "fault"), BROKEN)
def test_a_broken_rule_is_caught(
    check: str, kind: Callable[[], Any], fault: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelConformanceError) as caught:
        check_model(kind(), checks=[check], options=LoadOptions(tmp_path))
    assert any(fault in failure for failure in caught.value.failures), caught.value.failures
    assert all(failure.startswith(f"{check}: ") for failure in caught.value.failures)


def test_every_check_is_tested_with_a_broken_model() -> None:
    assert {check for check, _, _ in BROKEN} == set(MODEL_CHECKS)


def test_all_broken_rules_are_listed_at_once() -> None:
    class Broken(ClosesOnce, DependsOnWorkers):
        pass

    with pytest.raises(ModelConformanceError) as caught:
        check_model(Broken())
    error = caught.value
    assert {failure.split(":")[0] for failure in error.failures} == {"workers", "close"}
    assert all(failure in str(error) for failure in error.failures)
    assert isinstance(error, AssertionError)
    assert isinstance(error, ModelError)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.failures, copy.hint) == (str(error), error.failures, error.hint)


def test_a_loader_is_called_with_the_options(tmp_path: Path) -> None:
    options = LoadOptions(model_cache_dir=tmp_path, device="cpu")
    told = []

    def load(given: LoadOptions) -> FakeModel:
        told.append(given)
        return FakeModel()

    check_model(load, options=options, checks=["info"])
    assert told == [options]


def with_uncertainty(options: LoadOptions) -> FakeModel:
    def find(picture: Picture, camera: Camera) -> Detections:
        [found] = FakeModel().predict([picture], camera)
        return replace(found, uncertainty_mm=found.confidence)

    if options.inference.skeleton not in (None, "blazepose_33"):
        raise KeyError(options.inference.skeleton)
    if options.device not in ("auto", "cpu"):
        raise DeviceError("there is no such device")
    if options.inference.uncertainty:
        return FakeModel(find, gives_uncertainty=True)
    return FakeModel()


def that_heeds(options: LoadOptions) -> FakeModel:
    return Told({"settings": options.inference.model_dump()})


that_heeds.inference_options = ["num_aug", "max_detections"]  # type: ignore[attr-defined]
that_heeds.devices = ["cpu"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("load", [loader(**NO_OPTIONS)(), with_uncertainty, that_heeds])
def test_a_loader_that_ignores_nothing_passes(
    load: Callable[[LoadOptions], FakeModel], tmp_path: Path
) -> None:
    check_model(load, options=LoadOptions(tmp_path), checks=["options"])


def test_every_model_that_a_loader_was_asked_for_is_closed(tmp_path: Path) -> None:
    models = []

    def load(options: LoadOptions) -> FakeModel:
        models.append(that_heeds(options))
        return models[-1]

    load.inference_options = ["num_aug"]  # type: ignore[attr-defined]
    check_model(load, options=LoadOptions(tmp_path, "cpu"), checks=["info", "close"])
    assert [model.closed for model in models] == [True]
    with pytest.raises(ModelConformanceError):
        check_model(load, options=LoadOptions(tmp_path), checks=["options"])
    assert len(models) > 2
    assert all(model.closed for model in models if model is not models[1])


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelConformanceError, match="not a pose model"):
        check_model(object())  # type: ignore[arg-type]
    with pytest.raises(ModelConformanceError, match="returned str"):
        check_model(
            lambda options: "model",  # type: ignore[arg-type,return-value]
            options=LoadOptions(model_cache_dir=tmp_path),
        )


def test_pictures_and_camera_can_be_given() -> None:
    seen = set()

    class Watching(Model):
        def find(self, picture: Picture, camera: Camera) -> Detections:
            seen.add((picture.shape, camera.fov_degrees, picture.flags.writeable))
            return super().find(picture, camera)

    pictures = [np.full((100, 140, 3), shade, np.uint8) for shade in range(6)]
    camera = Camera.from_fov(140, 100, 70.0)
    check_model(Watching(), pictures=pictures, camera=camera, checks=["output"])
    assert seen == {((100, 140, 3), 70.0, False)}
    with pytest.raises(ValueError, match="at least 6"):
        check_model(Model(), pictures=pictures[:5])


def test_unknown_checks_are_refused() -> None:
    with pytest.raises(ValueError, match="speed"):
        check_model(Model(), checks=["speed"])


def test_the_default_pictures_are_a_numbered_walk() -> None:
    numbers = []

    class Watching(Model):
        def find(self, picture: Picture, camera: Camera) -> Detections:
            numbers.append(read_number(picture))
            return super().find(picture, camera)

    check_model(Watching(), checks=["output"])
    assert numbers == list(range(len(numbers)))


def test_every_check_is_documented() -> None:
    documented = check_model.__doc__ or ""
    assert all(f"- ``{check}``:" in documented for check in MODEL_CHECKS)
