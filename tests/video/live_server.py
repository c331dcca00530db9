"""A live source on the loopback, served by another process."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.loopback import PATIENCE_S

from neuropose.errors import NotAVideoError
from neuropose.video.live import LiveReader

FPS = 50


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


SERVER = """
import sys, time
from fractions import Fraction
import av
import numpy as np
address, frame_count, fps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with av.open(address + "?listen=1", "w", format="mpegts") as out:
    stream = out.add_stream("mpeg2video", rate=fps)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    stream.codec_context.gop_size = 10
    begin_s = time.monotonic()
    try:
        for number in range(frame_count):
            picture = np.full((48, 64, 3), 5 * (number % 50), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(frame))
            time.sleep(max(0.0, begin_s + number / fps - time.monotonic()))
        out.mux(stream.encode())
    except OSError:  # nobody listens any more
        pass
"""


@contextmanager
def served(frame_count: int) -> Iterator[str]:
    """MPEG-TS on a TCP port of another process, a picture every 20 ms."""
    address = f"tcp://127.0.0.1:{free_port()}"
    command = [sys.executable, "-c", SERVER, address, str(frame_count), str(FPS)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            yield address
        finally:
            server.kill()


def reading(address: str) -> LiveReader:
    """Open the address as soon as somebody listens there."""
    patience = time.monotonic() + PATIENCE_S
    while True:
        try:
            return LiveReader(address)
        except NotAVideoError:
            assert time.monotonic() < patience
            time.sleep(0.1)
