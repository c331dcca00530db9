"""What a model cannot do is refused: as its loader declares, and as the loaded model shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neuropose.errors import DeviceError, ModelError, ModelLoadError
from neuropose.estimator import InferenceOptions, LoadOptions
from neuropose.estimator.capabilities import (
    Capabilities,
    declared_capabilities,
    require_as_asked,
    require_possible,
)
from neuropose.skeletons import BLAZEPOSE_33, SKELETONS
from neuropose.testing import FakeModel

EVERYTHING = Capabilities(frozenset(InferenceOptions.model_fields))
DEFAULTS = {
    name: field.default
    for name, field in InferenceOptions.model_fields.items()
    if field.default is None or field.default is False
}
ASKED: dict[str, Any] = {
    "skeleton": "smpl_24",
    "uncertainty": True,
    "deterministic": True,
    "num_aug": 5,  # the default, but said
    "detector_threshold": 0.0,
    "max_detections": 1,
    "suppress_implausible_poses": False,
    "batch_size": 4,
}


def asking(device: str = "auto", **inference: Any) -> LoadOptions:
    return LoadOptions(Path("cache"), device, inference=InferenceOptions(**inference))


class Loader:
    """Declares what it is given."""

    def __init__(self, **declared: Any) -> None:
        for name, value in declared.items():
            setattr(self, name, value)

    def __call__(self, options: LoadOptions) -> FakeModel:
        return FakeModel()


class TestDeclared:
    def test_nothing(self) -> None:
        can = declared_capabilities(Loader())
        assert can == Capabilities(frozenset({"skeleton", "uncertainty"}), None, None)

    def test_something(self) -> None:
        load = Loader(inference_options=["num_aug"], skeletons=("coco_19",), devices={"gpu"})
        can = declared_capabilities(load)
        assert can == Capabilities(frozenset({"num_aug"}), ("coco_19",), ("gpu",))

    @pytest.mark.parametrize("attribute", ["inference_options", "skeletons", "devices"])
    @pytest.mark.parametrize("value", ["cpu", 5, True])
    def test_no_names(self, attribute: str, value: object) -> None:
        with pytest.raises(ModelLoadError, match=f"{attribute} of its loader is"):
            declared_capabilities(Loader(**{attribute: value}))


class TestRequirePossible:
    def test_every_option_is_among_those_asked_here(self) -> None:
        assert ASKED.keys() == InferenceOptions.model_fields.keys()
        assert InferenceOptions(**ASKED).asked_for() == ASKED

    @pytest.mark.parametrize("option", ASKED)
    def test_an_option(self, option: str) -> None:
        asked = asking(**{option: ASKED[option]})
        require_possible("acme", EVERYTHING, asked)
        with pytest.raises(ModelLoadError, match="'acme'") as raised:
            require_possible("acme", Capabilities(EVERYTHING.options - {option}), asked)
        assert raised.value.hint is not None
        assert "leave it out" in raised.value.hint

    def test_all_of_them_are_named(self) -> None:
        with pytest.raises(
            ModelLoadError, match=r"does not support num_aug, batch_size$"
        ) as raised:
            require_possible("acme", Capabilities(), asking(num_aug=3, batch_size=4))
        assert raised.value.hint is not None
        assert raised.value.hint.endswith("acme supports skeleton, uncertainty")

    def test_nothing_is_asked_by_default(self) -> None:
        nothing = Capabilities(frozenset(), ("coco_19",), ("cpu",))
        require_possible("acme", nothing, asking())
        require_possible("acme", nothing, asking("cpu", **DEFAULTS))

    @pytest.mark.parametrize(
        ("known", "hint"),
        [
            (("smpl_24", "coco_19"), "did you mean smpl_24? it has smpl_24, coco_19"),
            (("coco_19",), "its only one is coco_19"),
        ],
    )
    def test_a_skeleton(self, known: tuple[str, ...], hint: str) -> None:
        can = Capabilities(skeletons=known)
        require_possible("acme", can, asking(skeleton="coco_19"))
        with pytest.raises(ModelLoadError, match="'acme' has no skeleton 'smpl_42'") as raised:
            require_possible("acme", can, asking(skeleton="smpl_42"))
        assert raised.value.hint == hint

    @pytest.mark.parametrize(
        ("devices", "device", "problem"),
        [
            (("cpu",), "gpu:1", "runs on the CPU, not on 'gpu:1'"),
            (("gpu",), "cpu", "runs on a GPU, not on 'cpu'"),
            (("cpu", "gpu"), "tpu", "runs on the CPU or a GPU, not on 'tpu'"),
        ],
    )
    def test_a_device(self, devices: tuple[str, ...], device: str, problem: str) -> None:
        for fine in ("auto", devices[0], f"{devices[0]}:7"):
            require_possible("acme", Capabilities(devices=devices), asking(fine))
        with pytest.raises(DeviceError, match=problem):
            require_possible("acme", Capabilities(devices=devices), asking(device))


class TestRequireAsAsked:
    INFO = FakeModel().info.model_copy(
        update={
            "skeletons": (BLAZEPOSE_33, SKELETONS["coco_19"]),
            "device": "gpu:1",
            "gives_uncertainty": True,
        }
    )

    @pytest.mark.parametrize("device", ["auto", "gpu", "gpu:1"])
    def test_as_asked(self, device: str) -> None:
        require_as_asked("acme", self.INFO, asking(device))
        require_as_asked(
            "acme", self.INFO, asking(device, skeleton="blazepose_33", uncertainty=True)
        )

    def test_more_than_was_asked(self) -> None:
        require_as_asked("acme", self.INFO, asking(uncertainty=False))

    @pytest.mark.parametrize(
        ("options", "problem", "kind"),
        [
            (asking("cpu"), "runs on 'gpu:1', not on 'cpu'", DeviceError),
            (asking("gpu:0"), "runs on 'gpu:1', not on 'gpu:0'", DeviceError),
            (asking(skeleton="smpl_24"), "has no skeleton 'smpl_24'", ModelLoadError),
            (asking(skeleton="coco_19"), "'coco_19' but provides another", ModelLoadError),
        ],
    )
    def test_not_as_asked(self, options: LoadOptions, problem: str, kind: type[ModelError]) -> None:
        with pytest.raises(kind, match=problem) as raised:
            require_as_asked("acme", self.INFO, options)
        assert raised.value.hint

    def test_no_uncertainty(self) -> None:
        with pytest.raises(ModelLoadError, match="provides no uncertainty"):
            require_as_asked("acme", FakeModel().info, asking(uncertainty=True))

    def test_no_skeleton_at_all(self) -> None:
        info = self.INFO.model_copy(update={"skeletons": ()})
        with pytest.raises(ModelLoadError, match="no skeleton 'coco_19'"):
            require_as_asked("acme", info, asking(skeleton="coco_19"))
