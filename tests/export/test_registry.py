"""Formats by name: ours and those of other packages, and what each says that it cannot hold."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from tests.export.known_bodies import known_body

from neuropose.errors import InstallationError, MissingLibraryError, OutputError
from neuropose.export import Kind, Part, export, exporters, find_exporter, registry
from neuropose.testing import synthetic_predictions

ROOT = Path(__file__).parents[2]


def test_every_format_is_registered() -> None:
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [each.name for each in exporters()] == sorted(
        stated["entry-points"]["neuropose.exporters"]
    )


@pytest.mark.parametrize("exporter", exporters(), ids=lambda each: each.name)
def test_what_a_format_says_of_itself(exporter) -> None:
    assert exporter.title
    assert exporter.cannot_hold or exporter.holds >= set(Part)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert exporter.extra is None or exporter.extra in extras["optional-dependencies"]
    assert (exporter.extra is None) == (not exporter.modules)
    page = (ROOT / "docs" / "reference" / "exports.md").read_text(encoding="utf-8")
    assert f"| `{exporter.name}` |" in page


def test_unknown_formats() -> None:
    with pytest.raises(OutputError) as caught:
        find_exporter("tcr")
    assert "did you mean trc?" in (caught.value.hint or "")


def test_an_installation_from_before_there_were_exports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: ())
    with pytest.raises(InstallationError) as caught:
        find_exporter("trc")
    assert "install NeuroPose again" in (caught.value.hint or "")


def test_what_was_left_out_is_said(tmp_path: Path) -> None:
    notes = export(known_body(), tmp_path / "walk.trc", "trc").notes
    [left_out] = [note for note in notes if note.startswith("left out: ")]
    assert "standard errors" in left_out
    assert "joint angles" in left_out
    assert "positions in the picture" not in left_out


@pytest.mark.parametrize(
    ("module", "to", "extra"),
    [
        ("pyarrow", "parquet", "parquet"),
        ("h5netcdf", "netcdf", "netcdf"),
        ("pynwb", "nwb", "nwb"),
        ("rerun", "rerun", "rerun"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(
    module: str, to: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingLibraryError) as caught:
        export(synthetic_predictions(frame_count=2), tmp_path / "walk", to)
    assert caught.value.hint == f"pip install 'neuropose[{extra}]'"
    assert list(tmp_path.iterdir()) == []


def plug_in(folder: Path, monkeypatch: pytest.MonkeyPatch, *, name: str, code: str) -> None:
    """Install a package that provides one format."""
    (folder / "lab_formats.py").write_text(code)
    info = folder / "lab_formats-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-formats\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[neuropose.exporters]\n{name} = lab_formats:EXPORTER\n"
    )
    monkeypatch.syspath_prepend(folder)
    sys.modules.pop("lab_formats", None)


def test_a_format_of_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from neuropose.export import Exporter, Kind, Written\n"
        "def write(content, path, options):\n"
        "    path.write_text(str(len(content.movement)))\n"
        "    return Written((path,))\n"
        "EXPORTER = Exporter('frames', 'number of frames', '.txt', (Kind.MOVEMENT,), "
        "frozenset(), write)\n"
    )
    plug_in(tmp_path, monkeypatch, name="frames", code=code)
    export(synthetic_predictions(frame_count=7), tmp_path / "walk.txt", "frames")
    assert (tmp_path / "walk.txt").read_text() == "7"
    assert find_exporter("frames").takes == (Kind.MOVEMENT,)


def test_a_broken_package_does_not_take_the_others_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug_in(tmp_path, monkeypatch, name="broken", code="raise ValueError('no such thing')")
    with pytest.warns(RuntimeWarning, match="no such thing"):
        names = [each.name for each in exporters()]
    assert "trc" in names
    assert "broken" not in names
    with pytest.raises(InstallationError, match="broken"):
        find_exporter("broken")


def test_two_packages_of_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(tmp_path, monkeypatch, name="trc", code="EXPORTER = None")
    with pytest.raises(InstallationError, match="several packages"):
        find_exporter("trc")
