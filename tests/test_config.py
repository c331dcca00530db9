"""Settings: where they come from, and that nothing is guessed."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import platformdirs
import pytest
from pydantic import ValidationError

from neuropose.config import Settings, git_work_tree
from neuropose.errors import ConfigError, DataDirInRepositoryError, UnknownSettingError

DOC = Path(__file__).parents[1] / "docs" / "reference" / "settings.md"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.upper().startswith("NEUROPOSE_") or name == "XDG_DATA_HOME":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def written(folder: Path, text: str, name: str = "settings.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


class TestOrigin:
    def test_file_then_environment_then_default(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEUROPOSE_WORKERS", "3")
        monkeypatch.setenv("NEUROPOSE_DEVICE", "gpu:1")
        settings = Settings.load(written(home, "workers = 2\nsettle_seconds = 1\n"))
        assert (settings.workers, settings.settle_seconds) == (2, 1.0)
        assert (settings.device, settings.stall_seconds) == ("gpu:1", 300.0)

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            (
                "a.toml",
                'data_dir = "~/jobs"\nallow_data_dir_in_repository = true\nworkers = "auto"\n',
            ),
            ("a.yaml", "data_dir: ~/jobs\nallow_data_dir_in_repository: true\nworkers: auto\n"),
            ("a.yml", "{data_dir: ~/jobs, allow_data_dir_in_repository: yes}"),
        ],
    )
    def test_formats(self, home: Path, name: str, text: str) -> None:
        settings = Settings.load(written(home, text, name))
        assert settings.data_dir == home / "jobs"
        assert settings.allow_data_dir_in_repository is True
        assert settings.workers == "auto"

    def test_an_empty_file_changes_nothing(self, home: Path) -> None:
        assert Settings.load(written(home, "", "a.yaml")) == Settings.load()

    @pytest.mark.parametrize("given", [None, "", "relative/share"])
    def test_defaults_follow_xdg(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, given: str | None
    ) -> None:
        if given is not None:
            monkeypatch.setenv("XDG_DATA_HOME", given)
        settings = Settings.load()
        assert settings.data_dir == home / ".local/share/neuropose/jobs"
        assert settings.model_cache_dir == home / ".local/share/neuropose/models"
        monkeypatch.setenv("XDG_DATA_HOME", str(home / "xdg"))
        assert Settings.load().data_dir == home / "xdg/neuropose/jobs"

    def test_without_a_home_directory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def homeless(*_: object, **__: object) -> Path:
            raise RuntimeError("could not determine the home directory")

        monkeypatch.setattr(platformdirs, "user_data_path", homeless)
        with pytest.raises(ConfigError, match="no home directory") as raised:
            Settings.load()
        assert raised.value.hint is not None
        assert "set XDG_DATA_HOME" in raised.value.hint

    def test_no_file_is_discovered(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(home)
        before = Settings.load()
        for name in ("config.yaml", "neuropose.toml", "settings.toml", "pyproject.toml"):
            written(home, "workers = 7\n", name)
        written(home, "NEUROPOSE_WORKERS=7\n", ".env")
        assert Settings.load() == before

    def test_frozen(self) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            Settings.load().model = "other"


class TestUnknown:
    def test_key_in_file_names_the_nearest(self, home: Path) -> None:
        path = written(home, "poll_intervall_seconds = 2\n")
        with pytest.raises(UnknownSettingError, match="poll_intervall_seconds") as caught:
            Settings.load(path)
        assert caught.value.hint == "did you mean poll_interval_seconds?"
        assert str(path) in caught.value.message

    @pytest.mark.parametrize("load", [Settings.load, Settings])
    def test_variable_names_the_nearest(
        self, load: type[Settings], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEUROPOSE_DATADIR", "/data")
        with pytest.raises(UnknownSettingError, match="NEUROPOSE_DATADIR") as caught:
            load()
        assert caught.value.hint == "did you mean NEUROPOSE_DATA_DIR?"

    def test_far_from_everything_lists_all(self, home: Path) -> None:
        with pytest.raises(UnknownSettingError) as caught:
            Settings.load(written(home, "1: 2", "a.yaml"))
        assert all(name in str(caught.value.hint) for name in Settings.model_fields)


class TestValues:
    BAD = (
        'data_dir = "jobs"',
        'data_dir = ""',
        'data_dir = "s3://lab/jobs"',
        'model_cache_dir = "./models"',
        'data_dir = "~nobody-of-this-name/jobs"',
        "data_dir = 3",
        'model = ""',
        'device = "tpu"',
        'device = "gpu:"',
        "default_fov_degrees = 0",
        "default_fov_degrees = 180",
        "default_fov_degrees = nan",
        "default_fov_degrees = true",
        "workers = 0",
        "workers = 1.5",
        "workers = true",
        'workers = "many"',
        "poll_interval_seconds = 0",
        "poll_interval_seconds = inf",
        "settle_seconds = -1",
        "stall_seconds = 0",
        "stop_seconds = -1",
        "stop_seconds = true",
        'log_format = "xml"',
        "log_names = 3",
        "allow_data_dir_in_repository = 2",
    )

    @pytest.mark.parametrize("line", BAD)
    def test_a_bad_value_is_one_line_with_key_value_origin_and_what_is_allowed(
        self, home: Path, line: str
    ) -> None:
        path = written(home, line)
        with pytest.raises(ConfigError) as caught:
            Settings.load(path)
        ((key, value),) = tomllib.loads(line).items()
        extra = Settings.model_fields[key].json_schema_extra
        assert isinstance(extra, dict)
        assert caught.value.message == (
            f"{key} = {value!r} (in {path}) is not allowed: it must be {extra['allowed']}"
        )
        assert caught.value.hint == f"change or remove {key} in {path}"

    def test_a_bad_variable_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NEUROPOSE_WORKERS", "0")
        with pytest.raises(ConfigError, match=r"^workers = '0' \(in the environment\)") as caught:
            Settings.load()
        assert caught.value.hint == "change or unset NEUROPOSE_WORKERS"

    def test_a_long_value_is_cut(self, home: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            Settings.load(written(home, f'device = "{"x" * 5000}"'))
        assert len(caught.value.message) < 300


class TestFile:
    @pytest.mark.parametrize(
        ("name", "text", "reason"),
        [
            ("a.json", "{}", "must end in"),
            ("a.toml", "workers = [\n", "not valid TOML"),
            ("a.toml", "workers == 2", "not valid TOML.*line 1"),
            ("a.toml", "workers = 1\nworkers = 2", "not valid TOML"),
            ("a.yaml", "a: b: c", "not valid YAML.*line 1"),
            ("a.yaml", "workers: 1\nworkers: 2", "workers is there twice"),
            ("a.yaml", "cluster:\n  cores: 1\n  cores: 2", "cores is there twice.*line 3"),
            ("a.yaml", "workers: 010", "010 would be a number in base 8"),
            ("a.yaml", "settle_seconds: 1:30", "1:30 would be a number in base 60"),
            ("a.yaml", "- workers", "expected `setting: value` lines"),
            ("a.yaml", "\x00", "not valid YAML"),
            ("a.yaml", "model: 2024-99-99", "not valid YAML"),
            ("a.yaml", "!!python/object:os.system {}", "not valid YAML"),
        ],
    )
    def test_malformed(self, home: Path, name: str, text: str, reason: str) -> None:
        with pytest.raises(ConfigError, match=reason) as caught:
            Settings.load(written(home, text, name))
        assert "\n" not in caught.value.message
        assert caught.value.hint

    def test_not_text(self, home: Path) -> None:
        (home / "a.toml").write_bytes(b"\xff\xfe")
        with pytest.raises(ConfigError, match="not UTF-8"):
            Settings.load(home / "a.toml")

    @pytest.mark.parametrize("name", ["none.toml", "folder.toml"])
    def test_unreadable(self, home: Path, name: str) -> None:
        (home / "folder.toml").mkdir()
        with pytest.raises(ConfigError, match="cannot be read"):
            Settings.load(home / name)


class TestRepository:
    @pytest.fixture(params=["directory", "file"])
    def work_tree(self, home: Path, request: pytest.FixtureRequest) -> Path:
        tree = home / "work"
        tree.mkdir()
        if request.param == "directory":
            (tree / ".git").mkdir()
        else:
            (tree / ".git").write_text("gitdir: elsewhere\n")  # a linked work tree, a submodule
        return tree

    def test_refused(self, home: Path, work_tree: Path) -> None:
        for inside in (work_tree, work_tree / "a" / "b"):
            path = written(home, f'data_dir = "{inside}"')
            with pytest.raises(DataDirInRepositoryError, match=re.escape(str(work_tree))):
                Settings.load(path)

    def test_refused_through_a_link(self, home: Path, work_tree: Path) -> None:
        (work_tree / "data").mkdir()
        (home / "link").symlink_to(work_tree / "data")
        with pytest.raises(DataDirInRepositoryError):
            Settings.load(written(home, f'data_dir = "{home}/link/jobs"'))

    def test_refused_in_python_too(self, work_tree: Path) -> None:
        with pytest.raises(ValidationError, match="patient data could be committed"):
            Settings(data_dir=work_tree)

    def test_a_default_inside_a_repository_is_refused(
        self, work_tree: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", str(work_tree))
        with pytest.raises(DataDirInRepositoryError):
            Settings.load()

    def test_allowed_if_one_must(self, home: Path, work_tree: Path) -> None:
        text = f'data_dir = "{work_tree}"\nallow_data_dir_in_repository = true'
        assert Settings.load(written(home, text)).data_dir == work_tree

    def test_beside_a_repository_is_no_matter(self, home: Path, work_tree: Path) -> None:
        assert git_work_tree(home / "jobs") is None
        assert git_work_tree(work_tree / "x") == work_tree


class TestDocumentation:
    def test_the_table_is_the_settings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", "/xdg")
        rows = []
        for name, field in Settings.model_fields.items():
            assert isinstance(field.json_schema_extra, dict)
            default = field.get_default(call_default_factory=True, validated_data={})
            shown = str(default).lower() if isinstance(default, bool) else str(default)
            shown = "unset" if default is None else f"`{shown.replace('/xdg', '$XDG_DATA_HOME')}`"
            rows.append(
                f"| `{name}` | `NEUROPOSE_{name.upper()}` | {shown} "
                f"| {field.json_schema_extra['allowed']} | {field.description} |"
            )
        lines = DOC.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.startswith("| `")] == rows

    def test_the_examples_load_and_agree(self, home: Path) -> None:
        blocks = re.findall(r"```(toml|yaml)\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
        loaded = [Settings.load(written(home, text, f"a.{kind}")) for kind, text in blocks]
        assert len(loaded) == 2
        assert loaded[0] == loaded[1] != Settings.load()


class TestCluster:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("workers = true", r"cluster.workers = True .* a truth value is not a number"),
            ("wrkers = 2", r"cluster.wrkers = 2 .* there is no such key"),
            ("memory_gb = 0", r"cluster.memory_gb = 0 .* greater than 0"),
            ('kind = "scheduler"', "an address is given with kind scheduler"),
        ],
    )
    def test_the_key_at_fault_is_named(self, home: Path, text: str, message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            Settings.load(written(home, f"[cluster]\n{text}\n"))


@pytest.mark.parametrize("name", ["a.toml", "a.yaml"])
def test_a_byte_order_mark_of_an_editor_is_no_mistake(home: Path, name: str) -> None:
    separator = "=" if name == "a.toml" else ": "
    path = written(home, f"\ufeffworkers{separator}2\r\n", name)
    assert Settings.load(path).workers == 2


def test_a_path_that_cannot_exist(home: Path) -> None:
    with pytest.raises(ConfigError, match="data_dir"):
        Settings.load(written(home, 'data_dir = "/tmp/\\u0000"'))
