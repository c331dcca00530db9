"""Writing a rig file."""

from __future__ import annotations

from pathlib import Path

from neuropose.data.cameras import Rig
from neuropose.io.atomic import write_atomically
from neuropose.io.rig_file.rig_toml import encode_rig


def save_rig(path: Path, rig: Rig) -> None:
    """Write a rig as TOML, atomically; Pose2Sim and anipose read the same file.

    Pose2Sim takes z for the vertical. ``docs/reference/rig-file.md`` lists every key.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced.
    rig : Rig
        The rig to write.

    Raises
    ------
    OutputError
        If the file cannot be written; an existing one is untouched.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.data import Camera, RigCamera
    >>> from neuropose.io import load_rig
    >>> camera = RigCamera(
    ...     name="side", camera=Camera.from_fov(200, 200, 90.0), width=200, height=200,
    ...     rotation=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    ...     translation_mm=(0.0, 1500.0, 4000.0),
    ... )
    >>> path = Path(tempfile.mkdtemp()) / "rig.toml"
    >>> save_rig(path, Rig(cameras=(camera,), up=(0.0, -1.0, 0.0), origin="example"))
    >>> load_rig(path)["side"].centre_mm.tolist()
    [0.0, -1500.0, -4000.0]
    """
    write_atomically(path, [encode_rig(rig).encode()])
