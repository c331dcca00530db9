"""What is needed to make a result again, and nothing that changes from run to run."""

from __future__ import annotations

import json
import platform
from importlib import metadata

import numpy as np
import pytest

import neuropose
from neuropose import provenance
from neuropose.provenance import NUMERIC_LIBRARIES, collect_provenance, library_versions


class TestLibraryVersions:
    def test_python_the_machine_and_every_numeric_library(self) -> None:
        versions = library_versions()
        assert versions["python"] == platform.python_version()
        assert versions["machine"] == platform.machine()
        assert versions["numpy"] == np.__version__
        assert set(versions) == {"python", "machine", *NUMERIC_LIBRARIES}

    def test_numeric_libraries_are_requirements_of_the_package(self) -> None:
        required = " ".join(metadata.requires("neuropose") or [])
        assert all(name in required for name in NUMERIC_LIBRARIES)

    def test_a_library_that_is_not_installed_is_left_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(provenance, "NUMERIC_LIBRARIES", ("numpy", "no-such-library"))
        assert set(library_versions()) == {"python", "machine", "numpy"}


class TestCollectProvenance:
    def test_all_that_was_given_and_the_versions(self) -> None:
        made = collect_provenance(
            model="blazepose",
            model_sha256={"a.tflite": "1" * 64},
            settings={"precision": "float32"},
            input_sha256="2" * 64,
        )
        assert made.neuropose_version == neuropose.__version__ == metadata.version("neuropose")
        assert made.model == "blazepose"
        assert made.model_sha256 == {"a.tflite": "1" * 64}
        assert made.settings == {"precision": "float32"}
        assert made.input_sha256 == "2" * 64
        assert made.versions == library_versions()

    def test_the_same_every_time_and_apart_from_what_it_was_given(self) -> None:
        settings: dict[str, object] = {"device": "cpu"}
        given = {"model": "m", "model_sha256": {}, "settings": settings, "input_sha256": "0" * 64}
        one = collect_provenance(**given)
        other = collect_provenance(**given)
        assert one.model_dump_json() == other.model_dump_json()
        settings["device"] = "gpu"
        assert one.settings == {"device": "cpu"}
        assert json.loads(one.model_dump_json())["settings"] == {"device": "cpu"}
