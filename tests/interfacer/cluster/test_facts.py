"""A worker gets work only if it is like the daemon's machine, and the reason is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neuropose.interfacer.cluster.facts import (
    MachineFacts,
    ModelFacts,
    machine_facts,
    pick_gpu,
    visible_gpus,
    why_not,
    why_not_model,
)

MINE = MachineFacts(
    version="1.0",
    libraries={"python": "3.11.2", "numpy": "2.0"},
    cpu=("AVX", "AVX2"),
    host="login",
    gpus=(),
    token="seen",
    may_have_children=True,
)
MODEL = ModelFacts("blazepose", {"pose.tflite": "a" * 64}, {"detector": "full"}, "cpu")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"host": "node1", "gpus": ("0",)}, None),
        ({"version": "0.9"}, "it has NeuroPose 0.9, not 1.0"),
        ({"token": None}, "it does not see the data directory"),
        ({"may_have_children": False}, "it may start no process: start it with --no-nanny"),
        ({"libraries": {"python": "3.11.2", "numpy": "2.1"}}, "it has numpy 2.1, not 2.0"),
        ({"libraries": {"python": "3.11.2"}}, "it has numpy (none), not 2.0"),
        ({"cpu": ("AVX", "AVX512F")}, "its processor differs in AVX2, AVX512F"),
    ],
)
def test_why_a_machine_gets_no_work(fields: dict[str, Any], reason: str | None) -> None:
    found = why_not(MINE, replace(MINE, **fields))
    assert found == reason or (reason is not None and str(found).startswith(reason))


def test_another_processor_can_be_accepted() -> None:
    assert why_not(MINE, replace(MINE, cpu=("AVX",)), any_cpu=True) is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"device": "gpu"}, None),
        ({"name": "metrabs"}, "its model is metrabs, not blazepose"),
        (
            {"weights_sha256": {"pose.tflite": "b" * 64}},
            "its model has other weights: the SHA-256 of pose.tflite is bbbbbbbbbbbb, not "
            "aaaaaaaaaaaa",
        ),
        ({"weights_sha256": {}}, "its model has other weights: the SHA-256 of pose.tflite is none"),
        ({"settings": {"detector": "lite"}}, "its model has another detector"),
    ],
)
def test_why_a_model_is_another(fields: dict[str, Any], reason: str | None) -> None:
    found = why_not_model(MODEL, replace(MODEL, **fields))
    assert found == reason or (reason is not None and str(found).startswith(reason))


def test_each_worker_of_a_machine_has_a_gpu_of_its_own() -> None:
    assert [pick_gpu(("0", "1"), taken.__contains__) for taken in ({"2"}, {"0"}, {"0", "1"})] == [
        "0",
        "1",
        None,
    ]


def test_gpus_are_those_that_the_process_may_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nprintf '0\\n1\\n'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert visible_gpus({}) == ("0", "1")
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "GPU-8a, 1"}) == ("GPU-8a", "1")
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "-1"}) == ()
    program.write_text("#!/bin/sh\necho 'no devices were found' >&2\nexit 6\n")
    assert visible_gpus({}) == ()


def test_a_machine_that_sees_the_file_reads_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("seen")
    assert machine_facts(tmp_path / "token").token == "seen"
    assert machine_facts(tmp_path / "missing").token is None
