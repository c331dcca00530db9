"""What is needed to make a result again, and nothing that changes from run to run."""

from __future__ import annotations

import ast
import json
import platform
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

import neuropose
from neuropose.provenance import (
    ANALYSIS_LIBRARIES,
    CLASSIFIER_LIBRARIES,
    POSE_LIBRARIES,
    collect_provenance,
    library_versions,
)

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


class TestLibraryVersions:
    @pytest.mark.parametrize("libraries", [POSE_LIBRARIES, ANALYSIS_LIBRARIES])
    def test_python_the_machine_and_every_library(self, libraries: tuple[str, ...]) -> None:
        versions = library_versions(libraries)
        assert versions["python"] == platform.python_version()
        assert versions["machine"] == platform.machine()
        assert versions["numpy"] == np.__version__
        assert set(versions) == {"python", "machine", *libraries}

    def test_they_are_what_the_package_requires_or_what_numba_compiles_with(self) -> None:
        project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
        extras = project["optional-dependencies"].values()
        required = " ".join([*project["dependencies"], *(name for each in extras for name in each)])
        compiler = " ".join(metadata.requires("numba") or [])
        for name in (*POSE_LIBRARIES, *ANALYSIS_LIBRARIES, *CLASSIFIER_LIBRARIES):
            assert name in (compiler if name == "llvmlite" else required)

    def test_a_library_that_is_not_installed_is_left_out(self) -> None:
        assert set(library_versions(("numpy", "no-such-library"))) == {
            "python", "machine", "numpy",
        }  # fmt: skip

    def test_every_numeric_library_that_the_analyzer_imports_is_listed(self) -> None:
        """What counts is what the code imports: a new library must be listed, or said why not."""
        folder = Path(neuropose.__file__).parent
        analysing = [*(folder / "analyzer").rglob("*.py"), *(folder / "io").glob("*.py")]
        found = {
            name.partition(".")[0]
            for path in analysing
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for name in (
                [each.name for each in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
            )
        } - set(sys.stdlib_module_names)
        listed = {name.replace("scikit-learn", "sklearn") for name in CLASSIFIER_LIBRARIES}
        listed |= set(ANALYSIS_LIBRARIES) | {"av", "cv2"}  # av, cv2: videos, which are of poses
        no_numbers = {
            "fsspec",
            "joblib",
            "msgspec",
            "neuropose",
            "orjson",
            "pebble",
            "pydantic",
            "threadpoolctl",
        }
        assert found - no_numbers - {"pydantic_core", "xarray", "yaml"} <= listed


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
        assert made.versions == library_versions(POSE_LIBRARIES)

    def test_the_same_every_time_and_apart_from_what_it_was_given(self) -> None:
        settings: dict[str, object] = {"device": "cpu"}
        given = {"model": "m", "model_sha256": {}, "settings": settings, "input_sha256": "0" * 64}
        one = collect_provenance(**given)
        other = collect_provenance(**given)
        assert one.model_dump_json() == other.model_dump_json()
        settings["device"] = "gpu"
        assert one.settings == {"device": "cpu"}
        assert json.loads(one.model_dump_json())["settings"] == {"device": "cpu"}
