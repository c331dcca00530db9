"""Models by name: ours, those of other packages, and broken ones."""

from __future__ import annotations

import sys
import textwrap
import warnings
from pathlib import Path
from typing import Any

import pytest

from neuropose.errors import (
    AssetUnavailableError,
    DeviceError,
    ModelError,
    ModelLoadError,
    UnknownModelError,
)
from neuropose.estimator import InferenceOptions, available, load_model
from neuropose.estimator.capabilities import Capabilities
from neuropose.testing import FakeModel

BLAZEPOSE = ["blazepose", "blazepose-heavy", "blazepose-lite"]
METRABS = ["metrabs", "metrabs-eff2l", "metrabs-eff2s", "metrabs-mob3l"]
OURS = BLAZEPOSE + METRABS

PLUGIN = """
    from neuropose.errors import AssetUnavailableError
    from neuropose.skeletons import SKELETONS
    from neuropose.testing import FakeModel

    options = []

    def load(given):
        options.append(given)
        return FakeModel(name="acme")

    load.artefacts = ("acme.bin",)
    load.license = "MIT"
    load.inference_options = ("num_aug",)
    load.devices = ("cpu",)

    models = []

    def load_deaf(given):
        models.append(FakeModel(name="acme-deaf"))
        return models[-1]

    def load_listening(given):
        skeleton = given.inference.skeleton or "blazepose_33"
        return FakeModel(
            skeleton=SKELETONS[skeleton], gives_uncertainty=given.inference.uncertainty
        )

    def load_nothing_known(given):
        return FakeModel(name="acme-plain")

    def fail(given):
        raise KeyError("no such\\ntensor")

    def lack(given):
        raise AssetUnavailableError("acme.bin cannot be had", hint="ask acme")

    not_a_loader = 42

    def misdeclared(given):
        return FakeModel()

    misdeclared.devices = "cpu"
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, in front of all others."""
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        if name.startswith("acme"):
            del sys.modules[name]


def install(site: Path, package: str, source: str, points: dict[str, str]) -> None:
    (site / f"{package}.py").write_text(textwrap.dedent(source))
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {package}:{loader}" for name, loader in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[neuropose.models]", *lines, ""]))


@pytest.fixture
def acme(site: Path) -> Path:
    loaders = {
        "acme": "load",
        "acme-plain": "load_nothing_known",
        "acme-failing": "fail",
        "acme-lacking": "lack",
        "acme-odd": "not_a_loader",
        "acme-deaf": "load_deaf",
        "acme-listening": "load_listening",
    }
    install(site, "acme_models", PLUGIN, loaders)
    return site


class TestAvailable:
    def test_ours(self) -> None:
        models = {model.name: model for model in available()}
        assert sorted(models) == OURS
        assert {model.package for model in models.values()} == {"neuropose"}
        assert {models[name].license for name in BLAZEPOSE} == {"Apache-2.0"}
        assert {models[name].license for name in METRABS} == {"non-commercial use only"}
        assert [name for name in OURS if models[name].takes_location] == ["metrabs"]
        assert not any(model.error for model in models.values())
        assert {models[name].capabilities.devices for name in BLAZEPOSE} == {("cpu",)}
        assert {models[name].capabilities.skeletons for name in BLAZEPOSE} == {("blazepose_33",)}
        every_option = frozenset(InferenceOptions.model_fields)
        assert {models[name].capabilities.options for name in METRABS} == {every_option}
        assert models["blazepose"].artefacts == (
            "pose_detection.tflite",
            "pose_landmark_full.tflite",
        )
        assert "pose_landmark_heavy.tflite" in models["blazepose-heavy"].artefacts
        assert "pose_landmark_lite.tflite" in models["blazepose-lite"].artefacts

    @pytest.mark.usefixtures("acme")
    def test_those_of_another_package(self) -> None:
        models = {model.name: model for model in available()}
        assert models.keys() >= set(OURS)
        acme = models["acme"]
        assert (acme.package, acme.artefacts, acme.license) == ("acme_models", ("acme.bin",), "MIT")
        assert acme.capabilities == Capabilities(frozenset({"num_aug"}), None, ("cpu",))
        plain = models["acme-plain"]
        assert plain.capabilities == Capabilities()
        assert (plain.artefacts, plain.license, plain.error) == ((), None, None)

    @pytest.mark.parametrize(
        ("source", "reason"),
        [
            ("raise RuntimeError('acme is out of order')", "RuntimeError: acme is out of order"),
            ("import acme_missing", "ModuleNotFoundError: No module named 'acme_missing'"),
            ("assert False", "AssertionError"),
            ("raise ImportError('first line\\nsecond line')", "ImportError: first line"),
            ("load = ", "SyntaxError: invalid syntax"),
            ("", "AttributeError: module 'acme_broken' has no attribute 'load'"),
        ],
    )
    def test_broken_one_warns_and_is_listed_and_harms_no_other(
        self, site: Path, source: str, reason: str
    ) -> None:
        install(site, "acme_broken", source, {"acme-broken": "load"})
        with pytest.warns(RuntimeWarning, match="plug-in of model 'acme-broken' is broken") as seen:
            models = {model.name: model for model in available()}
        assert len(seen) == 1
        assert "\n" not in str(seen[0].message)
        error = models["acme-broken"].error
        assert error is not None
        assert error.startswith(reason)
        assert "\n" not in error
        assert sorted(models) == ["acme-broken", *OURS]
        assert not any(models[name].error for name in OURS)


class TestLoadModel:
    @pytest.mark.parametrize(
        ("name", "nearest"), [("blazepos", "blazepose"), ("blazepose-lit", "blazepose-lite")]
    )
    def test_unknown_name_suggests_the_nearest(self, name: str, nearest: str) -> None:
        with pytest.raises(UnknownModelError, match=f"no model '{name}'") as raised:
            load_model(name)
        assert raised.value.hint is not None
        assert f"did you mean {nearest}?" in raised.value.hint
        assert all(known in raised.value.hint for known in OURS)

    def test_unknown_name_like_no_other(self) -> None:
        with pytest.raises(UnknownModelError) as raised:
            load_model("xyz")
        assert raised.value.hint == f"known models: {', '.join(OURS)}"

    def test_of_another_package(self, acme: Path, tmp_path: Path) -> None:
        told: list[str] = []
        model = load_model("acme", model_cache_dir=tmp_path, device="cpu", report=told.append)
        assert isinstance(model, FakeModel)
        assert model.info.name == "acme"
        [options] = sys.modules["acme_models"].options
        assert (options.model_cache_dir, options.device) == (tmp_path, "cpu")
        options.report("fetching")
        assert told == ["fetching"]

    @pytest.mark.usefixtures("acme")
    def test_cache_by_default_is_the_setting(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEUROPOSE_MODEL_CACHE_DIR", str(tmp_path / "weights"))
        load_model("acme")
        [options] = sys.modules["acme_models"].options
        assert options.model_cache_dir == tmp_path / "weights"

    @pytest.mark.parametrize(
        ("name", "reason"),
        [("acme-failing", "KeyError"), ("acme-odd", "TypeError: 'int' object is not callable")],
    )
    @pytest.mark.usefixtures("acme")
    def test_foreign_error_of_a_loader(self, name: str, reason: str, tmp_path: Path) -> None:
        with pytest.raises(ModelLoadError, match=reason) as raised:
            load_model(name, model_cache_dir=tmp_path)
        assert name in raised.value.message
        assert "\n" not in raised.value.message
        assert raised.value.hint
        assert raised.value.__cause__ is not None

    @pytest.mark.usefixtures("acme")
    def test_our_own_errors_come_through(self, tmp_path: Path) -> None:
        with pytest.raises(AssetUnavailableError, match=r"acme\.bin") as raised:
            load_model("acme-lacking", model_cache_dir=tmp_path)
        assert raised.value.hint == "ask acme"

    def test_broken_plug_in(self, site: Path, tmp_path: Path) -> None:
        install(site, "acme_broken", "import acme_missing", {"acme-broken": "load"})
        with pytest.raises(ModelLoadError, match=r"is broken.*acme_missing") as raised:
            load_model("acme-broken", model_cache_dir=tmp_path)
        assert raised.value.hint is not None
        assert "reinstall" in raised.value.hint

    def test_broken_plug_in_does_not_disturb_others(
        self, site: Path, acme: Path, tmp_path: Path
    ) -> None:
        install(site, "acme_broken", "import acme_missing", {"acme-broken": "load"})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert load_model("acme", model_cache_dir=tmp_path).info.name == "acme"

    @pytest.mark.parametrize("name", BLAZEPOSE)
    @pytest.mark.parametrize("device", ["gpu", "gpu:0", "tpu"])
    def test_device_that_a_model_cannot_use(self, name: str, device: str, tmp_path: Path) -> None:
        with pytest.raises(DeviceError, match=f"CPU, not on '{device}'") as raised:
            load_model(name, model_cache_dir=tmp_path, device=device)
        assert raised.value.hint
        assert list(tmp_path.iterdir()) == []

    def test_loader_that_gives_no_model(self, site: Path, tmp_path: Path) -> None:
        install(site, "acme_text", "def load(options): return 'a model'", {"acme-text": "load"})
        with pytest.raises(ModelLoadError, match="returned a str, not a pose model"):
            load_model("acme-text", model_cache_dir=tmp_path)

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("metrabs", "use metrabs:PATH or metrabs:URL"),
            ("metrabs:", "use metrabs:PATH or metrabs:URL"),
            ("blazepose:/weights.tflite", "use blazepose"),
        ],
    )
    def test_weights_from_elsewhere(self, name: str, hint: str) -> None:
        with pytest.raises(UnknownModelError) as raised:
            load_model(name)
        assert raised.value.hint == hint

    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({"skeleton": "smpl_24"}, "no skeleton 'smpl_24'"),
            ({"uncertainty": True}, "provides no uncertainty"),
            ({"num_aug": 3}, "does not support num_aug"),
            ({"max_detections": 1}, "does not support max_detections"),
            ({"detector_threshold": 0.5}, "does not support detector_threshold"),
        ],
    )
    @pytest.mark.parametrize("name", BLAZEPOSE)
    def test_what_a_model_cannot_do(
        self, name: str, options: dict[str, Any], problem: str, tmp_path: Path
    ) -> None:
        with pytest.raises(ModelLoadError, match=problem) as raised:
            load_model(name, model_cache_dir=tmp_path, inference=InferenceOptions(**options))
        assert raised.value.hint
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({"inference": InferenceOptions(skeleton="smpl_24")}, "no skeleton 'smpl_24'"),
            ({"inference": InferenceOptions(uncertainty=True)}, "provides no uncertainty"),
            ({"device": "gpu"}, "runs on 'cpu', not on 'gpu'"),
        ],
    )
    @pytest.mark.usefixtures("acme")
    def test_what_a_plug_in_ignores(
        self, options: dict[str, Any], problem: str, tmp_path: Path
    ) -> None:
        with pytest.raises(ModelError, match=problem):
            load_model("acme-deaf", model_cache_dir=tmp_path, **options)
        [model] = sys.modules["acme_models"].models
        assert model.closed

    @pytest.mark.usefixtures("acme")
    def test_what_a_plug_in_does_not_declare_is_refused_before_it_is_loaded(
        self, tmp_path: Path
    ) -> None:
        with pytest.raises(ModelLoadError, match="'acme-deaf' does not support num_aug"):
            load_model("acme-deaf", model_cache_dir=tmp_path, inference=InferenceOptions(num_aug=3))
        assert sys.modules["acme_models"].models == []

    @pytest.mark.usefixtures("acme")
    def test_what_a_plug_in_declares_reaches_it(self, tmp_path: Path) -> None:
        load_model("acme", model_cache_dir=tmp_path, inference=InferenceOptions(num_aug=3))
        [options] = sys.modules["acme_models"].options
        assert options.inference.num_aug == 3

    @pytest.mark.usefixtures("acme")
    def test_a_plug_in_that_declares_nothing_and_heeds_what_shows(self, tmp_path: Path) -> None:
        asked = InferenceOptions(skeleton="coco_19", uncertainty=True)
        info = load_model("acme-listening", model_cache_dir=tmp_path, inference=asked).info
        assert (info.skeletons[0].name, info.gives_uncertainty) == ("coco_19", True)

    def test_a_plug_in_that_declares_nonsense(self, site: Path, tmp_path: Path) -> None:
        install(site, "acme_models", PLUGIN, {"acme-misdeclared": "misdeclared"})
        with pytest.raises(ModelLoadError, match="devices of its loader is 'cpu'") as raised:
            load_model("acme-misdeclared", model_cache_dir=tmp_path)
        assert "acme-misdeclared" in raised.value.message
        assert raised.value.hint
        with pytest.warns(RuntimeWarning, match="devices of its loader"):
            [listed] = [model for model in available() if model.name == "acme-misdeclared"]
        assert listed.error is not None

    def test_name_that_two_packages_offer(self, site: Path, tmp_path: Path) -> None:
        for package in ("acme_one", "acme_two"):
            install(site, package, PLUGIN, {"acme-twice": "load"})
        with pytest.raises(ModelLoadError, match="several packages: acme_one, acme_two"):
            load_model("acme-twice", model_cache_dir=tmp_path)
        with pytest.warns(RuntimeWarning, match="several packages"):
            [listed] = [model for model in available() if model.name == "acme-twice"]
        assert listed.package == "acme_one, acme_two"
        assert listed.error is not None
