"""What is no MeTRAbs model is refused when it is loaded, with what it lacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.estimator.models.metrabs import saved_models

from neuropose.errors import ModelLoadError
from neuropose.estimator.models.metrabs.model import MeTRAbs

Load = Callable[..., MeTRAbs]


@pytest.mark.parametrize(
    "part",
    ["detect_poses_batched", "detector", "per_skeleton_joint_names", "per_skeleton_joint_edges"],
)
def test_a_missing_part_is_named(part: str, load: Load, tmp_path: Path) -> None:
    folder = saved_models.build(tmp_path / "model", without=part)
    with pytest.raises(ModelLoadError, match=f"it has no {part}$"):
        load(folder)


def test_both_names_of_the_edges_are_known(load: Load, tmp_path: Path) -> None:
    folder = saved_models.build(tmp_path / "model", edges="edges")
    assert load(folder).info.skeletons[0].edges == ((0, 1), (1, 4))


def test_a_damaged_graph(load: Load, saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes((saved / "saved_model.pb").read_bytes()[:1000])
    with pytest.raises(ModelLoadError, match="cannot be loaded"):
        load(folder)


def test_a_folder_without_a_model(load: Load, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelLoadError, match="no SavedModel"):
        load(tmp_path / "empty")


def test_a_folder_with_two(load: Load, saved: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / "both" / name).mkdir(parents=True)
        (tmp_path / "both" / name / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ModelLoadError, match="2 SavedModels"):
        load(tmp_path / "both")


def test_nothing_there(load: Load, tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="cannot be read"):
        load(tmp_path / "missing.tar.gz")


def test_another_signature_is_refused_when_it_is_loaded(load: Load, tmp_path: Path) -> None:
    import tensorflow as tf

    module = saved_models._module("joint_edges")
    module.detect_poses_batched = tf.function(
        lambda images: {"boxes": tf.zeros([1, 5])},
        input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8, "images")],
    )
    del module.detect_poses
    tf.saved_model.save(module, str(tmp_path / "model"))
    with pytest.raises(ModelLoadError, match="does not work as in MeTRAbs") as raised:
        load(tmp_path / "model")
    assert len(str(raised.value)) < 300
