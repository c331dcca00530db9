"""Loading without the weights."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest
from tests.loopback import closed_url

from neuropose import assets
from neuropose.errors import AssetHashError, AssetUnavailableError
from neuropose.estimator import load_model
from neuropose.estimator.models.blazepose import DETECTOR, load_full, load_heavy, load_lite


@pytest.fixture(autouse=True)
def _no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror that does not answer, and an index with nothing in it."""
    known = assets.pinned_artefacts(closed_url())
    monkeypatch.setattr(assets, "fetch", functools.partial(assets.fetch, known=known))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")


@pytest.mark.parametrize("loader", [load_full, load_lite, load_heavy])
def test_declares_its_weights(loader) -> None:
    assert loader.artefacts[0] == DETECTOR
    assert all(name in assets.ARTEFACTS for name in loader.artefacts)
    assert {assets.ARTEFACTS[name].license for name in loader.artefacts} == {loader.license}


@pytest.mark.parametrize("name", ["blazepose", "blazepose-lite", "blazepose-heavy"])
def test_without_weights_the_error_says_what_to_do(name: str, tmp_path: Path) -> None:
    told: list[str] = []
    with pytest.raises(AssetUnavailableError, match=rf"{DETECTOR} cannot be obtained") as raised:
        load_model(name, model_cache_dir=tmp_path, report=told.append)
    assert raised.value.hint is not None
    assert "neuropose models add" in raised.value.hint
    assert "\n" not in raised.value.message + raised.value.hint
    assert any("fetching from" in line for line in told)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == []


def test_a_file_that_is_not_the_pinned_one_is_never_run(tmp_path: Path) -> None:
    (tmp_path / DETECTOR).write_bytes(b"TFL3" * 1000)
    with pytest.raises(AssetUnavailableError):
        load_model("blazepose", model_cache_dir=tmp_path)
    with pytest.raises(AssetHashError):
        assets.verify(DETECTOR, tmp_path)
