"""Tables of features as CSV: read strictly."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose.errors import FileFormatError, FileMissingError
from neuropose.io.feature_tables import read_table


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_numbers_and_names(tmp_path: Path) -> None:
    content = '\ufeffsubject,group,speed,side\r\n007,NA,1.5,left\r\n\r\n008,,NaN,"a,b"\r\n'
    table = read_table(written(tmp_path / "t.csv", content.encode()), text=["subject", "group"])
    assert list(table.columns) == ["subject", "group", "speed", "side"]
    assert table["subject"].tolist() == ["007", "008"]
    assert table["group"].tolist() == ["NA", None]
    np.testing.assert_array_equal(table["speed"], [1.5, np.nan])
    assert table["side"].tolist() == ["left", "a,b"]
    assert table["speed"].dtype == np.float64


def test_a_header_alone(tmp_path: Path) -> None:
    table = read_table(written(tmp_path / "t.csv", b"a,b\n"))
    assert (list(table.columns), len(table)) == (["a", "b"], 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"a,b\n1,2,3\n", "line 2: 3 cells, not 2"),
        (b"a,b\n1,2\n1\n", "line 3: 1 cells, not 2"),
        (b"a,a\n1,2\n", "two columns are called 'a'"),
        (b'a,"b\n1', "is not a table"),
        (b"\xff\xfea", "is not a table"),
    ],
)
def test_what_is_no_table(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=message) as caught:
        read_table(written(tmp_path / "t.csv", content))
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError):
        read_table(tmp_path / "t.csv")


@given(st.binary(max_size=80))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(FileFormatError):
        read_table(written(Path(folder) / "t.csv", content), text=["a"])
