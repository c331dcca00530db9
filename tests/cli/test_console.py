"""Whatever happens becomes one line what, one line what to do, and a documented exit code."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import typer
from tests.loopback import PATIENCE_S

from neuropose.__main__ import main as start
from neuropose.cli import _console, app, main
from neuropose.errors import AssetUnavailableError, NotAVideoError

HEAVY = (
    "ai_edge_litert",
    "av",
    "cv2",
    "numpy",
    "pandas",
    "pooch",
    "pydantic",
    "requests",
    "scipy",
    "sklearn",
)


def run_raising(error: BaseException, *arguments: str) -> int:
    app = typer.Typer(rich_markup_mode=None)

    @app.callback(invoke_without_command=True)
    def command(context: typer.Context, debug: bool = False) -> None:
        _console.session(context).debug = debug
        raise error

    return _console.run(app, arguments)


class TestErrors:
    def test_ours(self, capsys: pytest.CaptureFixture[str]) -> None:
        error = NotAVideoError("this is\nno video", hint="give\n another")
        assert run_raising(error) == 4
        assert capsys.readouterr() == ("", "error: this is no video\nhint: give another\n")

    def test_ours_with_its_traceback(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run_raising(NotAVideoError("no video"), "--debug") == 4
        lines = capsys.readouterr().err.splitlines()
        assert lines[0] == "Traceback (most recent call last):"
        assert lines[-1] == "error: no video"

    def test_ours_that_is_an_os_error(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run_raising(AssetUnavailableError("gone")) == 7
        assert capsys.readouterr().err == "error: gone\n"

    def test_a_bug(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run_raising(TypeError("oh\nno")) == 1
        what, hint = capsys.readouterr().err.splitlines()
        assert what == "error: unexpected TypeError: oh no"
        assert "bug" in hint
        assert "--debug" in hint

    @pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
    def test_interrupted(self, error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
        assert run_raising(error) == 130
        assert capsys.readouterr().err == "interrupted\n"

    @pytest.mark.parametrize("code", [0, 5])
    def test_exit(self, code: int) -> None:
        assert run_raising(typer.Exit(code)) == code

    @pytest.mark.parametrize(
        ("arguments", "what", "where"),
        [
            (["--wrong"], "No such option", "neuropose"),
            (["wrong"], "No such command", "neuropose"),
            (["models"], "Missing command", "neuropose models"),
            (["models", "add"], "Missing argument", "neuropose models add"),
        ],
    )
    def test_a_wrong_command_line(
        self, arguments: list[str], what: str, where: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(arguments) == 2
        error, hint = capsys.readouterr().err.splitlines()
        assert error.startswith(f"error: {what}")
        assert hint == f"hint: {where} --help"

    @pytest.mark.parametrize(
        ("arguments", "right"),
        [
            (["process", "walk.mp4", "--debug"], "neuropose --debug process ..."),
            (["doctor", "--config=a.toml"], "neuropose --config FILE doctor ..."),
            (["models", "list", "--debug"], "neuropose --debug models list ..."),
        ],
    )
    def test_a_global_option_after_the_verb(
        self, arguments: list[str], right: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(arguments) == 2
        assert (
            capsys.readouterr().err.splitlines()[1] == f"hint: it goes before the command: {right}"
        )

    def test_a_warning_is_one_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        app = typer.Typer(rich_markup_mode=None)

        @app.callback(invoke_without_command=True)
        def command() -> None:
            warnings.simplefilter("always")
            warnings.warn("take\ncare", RuntimeWarning, stacklevel=1)

        assert _console.run(app, []) == 0
        assert capsys.readouterr().err == "warning: take care\n"

    def test_ctrl_c_while_the_commands_are_loaded(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        class Interrupted:
            def find_spec(self, *_: object) -> None:
                raise KeyboardInterrupt

        monkeypatch.delitem(sys.modules, "neuropose.cli")
        monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
        assert start() == _console.INTERRUPTED
        assert capsys.readouterr().err == "interrupted\n"

    def test_nobody_reads_the_output(self) -> None:
        script = "import sys; from neuropose.cli import main; sys.exit(main(['--help']))"
        with subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.wait(PATIENCE_S) == 141
            assert process.stderr.read() == b""


class TestOptions:
    def test_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        from neuropose import __version__

        assert main(["--version"]) == 0
        assert capsys.readouterr().out == f"neuropose {__version__}\n"

    def test_no_command_shows_the_help(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([]) == 0
        assert capsys.readouterr().out.startswith("Usage: neuropose [OPTIONS] COMMAND")

    @pytest.mark.parametrize(
        "arguments",
        [
            ["process"],
            ["demo"],
            ["benchmark"],
            ["doctor"],
            *([group] for group in ("calibrate", "study", "models", "jobs", "service")),
            *([group] for group in ("dashboard", "classify")),
            *(["models", verb] for verb in ("list", "pull", "add", "verify")),
        ],
    )
    def test_every_verb_shows_an_example(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([*arguments, "--help"]) == 0
        assert f"Example: neuropose {' '.join(arguments)}" in capsys.readouterr().out

    def test_bad_settings(self, home, capsys: pytest.CaptureFixture[str]) -> None:
        (home / "a.toml").write_text("worker = 3")
        assert main(["--config", str(home / "a.toml"), "models", "list"]) == 3
        assert "did you mean workers?" in capsys.readouterr().err

    @pytest.mark.parametrize(
        "statement", ["import neuropose", "from neuropose.cli import main; main(['--help'])"]
    )
    def test_nothing_heavy_is_imported(self, statement: str) -> None:
        script = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        loaded = json.loads(done.stdout.splitlines()[-1])
        assert "neuropose" in loaded
        assert [name for name in HEAVY if name in loaded] == []


class TestProgress:
    def test_plain_lines_now_and_then(self, capsys: pytest.CaptureFixture[str]) -> None:
        clock = iter([0.0, 5.0, 12.0, 15.0, 30.0])
        with _console.frame_progress("video 1", clock=lambda: next(clock)) as show:
            show(50, 600)
            show(120, 600)
            show(150, 600)
            show(300, None)
        assert capsys.readouterr().err.splitlines() == [
            "video 1: 120 of 600 frames, 10.0 frames/s, 48 s left",
            "video 1: 300 frames, 10.0 frames/s",
        ]

    def test_a_bar_on_a_terminal(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        clock = iter([0.0, 5.0])
        with _console.frame_progress("[1/2]", clock=lambda: next(clock)) as show:
            show(600, 600)
        shown = capsys.readouterr().err
        assert "[1/2]" in shown
        assert "600/600" in shown
        assert "120.0/s" in shown

    @pytest.mark.parametrize("terminal", [False, True])
    def test_reports_line_by_line(
        self, terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
        with _console.reporting() as report:
            report("[a] fetching")
        assert "[a] fetching\n" in capsys.readouterr().err


class TestHelp:
    def commands(self) -> list[list[str]]:
        group = typer.main.get_command(app)
        found: list[list[str]] = [[]]
        for name, command in group.commands.items():  # type: ignore[attr-defined]
            found += [[name], *([name, inner] for inner in getattr(command, "commands", {}))]
        return found

    @pytest.mark.parametrize("width", [60, 120])
    def test_no_sentence_is_cut_and_no_line_too_long(
        self, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        for command in self.commands():
            assert main([*command, "--help"]) == 0
            out = capsys.readouterr().out
            listed = out.partition("Commands:")[2].partition("\n\n  E")[0]
            assert "..." not in listed, command
            assert max(map(len, out.splitlines())) <= width, command


class TestJson:
    def test_an_error_is_json_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["jobs", "show", "nobody", "--json"]) == 10
        out, err = capsys.readouterr()
        error = json.loads(out)["error"]
        assert (error["type"], error["exit_code"]) == ("JobError", 10)
        assert error["message"] == "there is no job 'nobody'"
        assert "error: there is no job 'nobody'" in err

    def test_so_is_a_wrong_command_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["jobs", "list", "--json", "--state", "lost"]) == 2
        assert json.loads(capsys.readouterr().out)["error"]["exit_code"] == 2

    def test_a_result_stays_one_document(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEUROPOSE_DATA_DIR", str(tmp_path / "jobs"))
        assert main(["jobs", "retry", "a", "b", "--json"]) == 10
        told = json.loads(capsys.readouterr().out)
        assert [each["error"] for each in told] == ["there is no such job"] * 2
        assert main(["reset", "--dry-run", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["removed"] is False

    def test_every_command_has_it(self, capsys: pytest.CaptureFixture[str]) -> None:
        groups = {"calibrate", "jobs", "models", "classify", "service", "study"}
        for command in TestHelp().commands():
            if command and command[-1] not in groups:
                assert main([*command, "--help"]) == 0
                assert "--json" in capsys.readouterr().out, command

    def test_without_it_stdout_stays_empty(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["jobs", "show", "nobody"]) == 10
        assert capsys.readouterr().out == ""
