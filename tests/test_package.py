"""The package as a whole: light to import, complete, and its examples true."""

from __future__ import annotations

import doctest
import importlib
import json
import pkgutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import neuropose

HEAVY = (
    "ai_edge_litert",
    "av",
    "cv2",
    "flatbuffers",
    "joblib",
    "matplotlib",
    "msgspec",
    "numba",
    "numpy",
    "orjson",
    "pandas",
    "pooch",
    "pydantic",
    "requests",
    "rich",
    "scipy",
    "skops",
    "sklearn",
    "tensorflow",
    "typer",
    "xarray",
)

MODULES = sorted(
    [
        "neuropose",
        *(module.name for module in pkgutil.walk_packages(neuropose.__path__, "neuropose.")),
    ]
)

SKIPPED_EXAMPLES = {
    (
        "neuropose.assets.cache.fetch",
        'fetch("pose_detection.tflite", Path("/var/cache/neuropose"))',
    ),
    ("neuropose.estimator.registry.load_model", 'model = load_model("blazepose")'),
}
"""They would fetch weights. No other example may be skipped."""


def loaded_after(statement: str) -> list[str]:
    """Heavy libraries that a fresh interpreter has loaded after a statement."""
    script = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout.splitlines()[-1])
    return [name for name in HEAVY if name in loaded]


class TestImport:
    @pytest.mark.parametrize(
        "statement",
        [
            "import neuropose",
            "import neuropose; neuropose.__version__; dir(neuropose)",
            "import neuropose; neuropose.NeuroPoseError",
            "import neuropose.errors, neuropose.testing, neuropose.analyzer",
        ],
    )
    def test_loads_nothing_heavy(self, statement: str) -> None:
        assert loaded_after(statement) == []

    def test_what_would_be_noticed(self) -> None:
        assert "numpy" in loaded_after("import neuropose; neuropose.VideoPredictions")

    def test_estimator_loads_no_machine_learning_runtime(self) -> None:
        loaded = loaded_after("import neuropose; neuropose.Estimator; neuropose.load_model")
        assert "numpy" in loaded
        assert not {"ai_edge_litert", "tensorflow", "flatbuffers", "typer", "rich"} & set(loaded)

    @pytest.mark.slow
    def test_every_module_can_be_imported_first(self) -> None:
        script = """
            import importlib, sys
            for name in sys.argv[1:]:
                for loaded in [module for module in sys.modules if module.startswith("neuropose")]:
                    del sys.modules[loaded]
                importlib.import_module(name)
        """
        command = [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *MODULES]
        subprocess.run(command, check=True)


class TestPublicNames:
    @pytest.mark.parametrize("name", MODULES)
    def test_every_name_in_all_resolves(self, name: str) -> None:
        module = importlib.import_module(name)
        public = getattr(module, "__all__", [])
        assert len(public) == len(set(public))
        for attribute in public:
            assert getattr(module, attribute) is not None
        assert set(public) <= set(dir(module))

    @pytest.mark.parametrize(
        "package",
        ["neuropose", "neuropose.analyzer", "neuropose.analyzer.tasks", "neuropose.testing"],
    )
    def test_lazy_names_are_the_public_ones(self, package: str) -> None:
        module = importlib.import_module(package)
        assert set(module._HOME) | {"__version__"} == set(module.__all__) | {"__version__"}

    def test_unknown_name(self) -> None:
        with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
            _ = neuropose.nonsense

    def test_is_typed(self) -> None:
        assert (Path(neuropose.__file__).parent / "py.typed").is_file()


def examples(name: str) -> list[doctest.DocTest]:
    found = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name), name)
    return [test for test in found if test.examples]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(verbose=False)
    report: list[str] = []
    for test in examples(name):
        runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)
    assert list(tmp_path.iterdir()) == [], "an example leaves files behind"


def test_no_example_is_skipped_but_the_known_ones() -> None:
    skipped = {
        (test.name, example.source.split("  #")[0].strip())
        for name in MODULES
        for test in examples(name)
        for example in test.examples
        if example.options.get(doctest.SKIP)
    }
    assert skipped == SKIPPED_EXAMPLES


def test_there_are_examples() -> None:
    assert sum(len(test.examples) for name in MODULES for test in examples(name)) > 100
