"""Where the dashboard listens, and where it refuses to."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from tests.dashboard.served import PASSWORD, DataDir, Site
from tests.loopback import PATIENCE_S

from neuropose.config import Settings
from neuropose.dashboard.access.access_file import AccessList, save_access
from neuropose.dashboard.serving import Listening, serve
from neuropose.errors import ConfigError, InstallationError

Opened = Callable[..., Site]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "gait.lab.example", ""])
class TestOutside:
    def test_not_without_an_access_file(self, host: str) -> None:
        with pytest.raises(ConfigError, match="without an access file"):
            Listening(host=host).check()

    def test_not_without_tls(self, host: str) -> None:
        with pytest.raises(ConfigError, match="without TLS"):
            Listening(host=host, access=Path("access.json")).check()

    def test_with_both(self, host: str) -> None:
        files = {name: Path(name) for name in ("access", "certificate", "key")}
        Listening(host=host, **files).check()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_on_this_machine(host: str) -> None:
    Listening(host=host).check()


def test_half_a_certificate() -> None:
    with pytest.raises(ConfigError, match="belong together"):
        Listening(certificate=Path("certificate.pem")).check()


def test_what_it_may_be_called() -> None:
    outside = Listening(host="0.0.0.0", allowed_hosts=("Gait.Lab.Example",))
    assert "gait.lab.example:8642" in outside.hosts(8642)
    assert "localhost:8642" not in outside.hosts(8642)
    assert "127.0.0.1" in Listening().hosts(80)
    assert outside.address(8642) == "http://Gait.Lab.Example:8642/"


def test_nobody_may_use_it(data: DataDir, tmp_path: Path) -> None:
    path = tmp_path / "access.json"
    save_access(path, AccessList())
    settings = Settings(data_dir=data.root, allow_data_dir_in_repository=True)
    with pytest.raises(ConfigError, match="nobody may use"):
        serve(settings, Listening(port=0, access=path))


def test_a_port_that_is_taken(data: DataDir) -> None:
    settings = Settings(data_dir=data.root, allow_data_dir_in_repository=True)
    with socket.create_server(("127.0.0.1", 0)) as other:
        listening = Listening(port=other.getsockname()[1])
        with pytest.raises(InstallationError, match="cannot be listened on"):
            serve(settings, listening)


def test_tls(
    opened: Opened, data: DataDir, access: AccessList, certificate: tuple[Path, Path]
) -> None:
    site = opened(data, access, certificate=certificate[0], key=certificate[1])
    assert site.url.startswith("https://127.0.0.1:")
    answer = requests.post(
        f"{site.url}/login",
        data={"name": "anna", "password": PASSWORD},
        headers={"Origin": site.url},
        verify=str(certificate[0]),
        timeout=PATIENCE_S,
        allow_redirects=False,
    )
    assert answer.headers["Set-Cookie"].startswith("__Host-neuropose=")
    assert "; Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"]


def test_a_certificate_that_is_none(data: DataDir, tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("certificate", "key")}
    for path in files.values():
        path.write_text("nothing")
    settings = Settings(data_dir=data.root, allow_data_dir_in_repository=True)
    with pytest.raises(ConfigError, match="certificate cannot be used"):
        serve(settings, Listening(port=0, **files))
