"""What the pages say, in every language."""

from __future__ import annotations

import ast
import json
import re
from importlib import resources
from pathlib import Path

import pytest

from neuropose import errors
from neuropose.dashboard.languages import Languages
from neuropose.errors import ConfigError
from neuropose.interfacer.requests import Action

PACKAGE = Path(str(resources.files("neuropose.dashboard")))
FILES = sorted((PACKAGE / "texts").glob("*.json"))
ENGLISH = json.loads((PACKAGE / "texts" / "en.json").read_text(encoding="utf-8"))
HOLDER = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_every_language_says_everything(file: Path) -> None:
    texts = json.loads(file.read_text(encoding="utf-8"))
    assert texts.keys() == ENGLISH.keys()
    for key, text in texts.items():
        assert set(HOLDER.findall(text)) == set(HOLDER.findall(ENGLISH[key])), key


def test_every_text_that_is_asked_for_exists() -> None:
    asked = {key for action in Action for key in (f"action_{action}", f"done_{action}")}
    for template in (PACKAGE / "templates").glob("*.j2"):
        text = template.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""\bt\(["'](\w+)["'](?! ~)""", text))
    for module in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            words = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            if name == "t":
                asked |= {word for word in words if isinstance(word, str)}
            elif name in ("refusal", "RefusedError"):
                asked |= {f"{w}{e}" for w in words if isinstance(w, str) for e in ("", "_hint")}
    assert len(asked) > 80
    assert asked - ENGLISH.keys() == set()


def test_what_to_do_is_said_of_errors_that_there_are() -> None:
    kinds = {key.removeprefix("do_") for key in ENGLISH if key.startswith("do_")} - {"anything"}
    assert len(kinds) > 10
    assert {kind for kind in kinds if not hasattr(errors, kind)} == set()


def test_choosing() -> None:
    languages = Languages()
    assert languages.best("de", "en").code == "de"
    assert languages.best("xx", "fr, de;q=0.3, en;q=0.2").code == "de"
    assert languages.best(None, "*;q=x, ,;q=").code == "en"
    assert languages.best(None, "a" * 10**6).code == "en"


class TestAdded:
    def test_a_file_is_enough(self, tmp_path: Path) -> None:
        file = tmp_path / "fr.json"
        file.write_text('{"language": "Français", "jobs": "Tâches"}')
        french = Languages([file]).best(None, "fr")
        assert (french.code, french("jobs"), french("log")) == ("fr", "Tâches", ENGLISH["log"])

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("fr.json", '{"jbos": "Tâches"}'),
            ("fr.json", "[]"),
            ("fr.json", "{"),
            ("fr.json", '{"jobs": 1}'),
            ("french words.json", "{}"),
            ("fr.txt", "{}"),
        ],
    )
    def test_what_is_no_language(self, tmp_path: Path, name: str, content: str) -> None:
        (tmp_path / name).write_text(content)
        with pytest.raises(ConfigError):
            Languages([tmp_path / name])
