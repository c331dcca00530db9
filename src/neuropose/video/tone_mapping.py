"""Pictures of high dynamic range, mapped to the range that displays and pose models expect."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.frame import VideoFrame

TRANSFERS = {16: "PQ", 18: "HLG"}
"""Names of the transfer functions of high dynamic range, by number (ITU-T H.273, table 3)."""


class ToneMapper:
    """Maps PQ and HLG pictures (ITU-R BT.2100) to those of an ordinary video, with FFmpeg."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._kind: tuple[int | str, ...] = ()

    def map(self, frame: VideoFrame) -> VideoFrame:
        """Map a picture, unless its range is an ordinary one.

        Parameters
        ----------
        frame : av.VideoFrame
            A decoded picture.

        Returns
        -------
        av.VideoFrame
            RGB of the same size, or the same picture.
        """
        if frame.color_trc not in TRANSFERS:
            return frame
        kind = (frame.width, frame.height, frame.format.name, frame.color_trc)
        if self._graph is None or kind != self._kind:
            self._graph, self._kind = _graph(frame), kind
        frame.pts, frame.time_base = 0, Fraction(1, 1)
        self._graph.push(frame)
        return self._graph.vpull()


def _graph(frame: VideoFrame) -> Graph:
    from av.filter import Graph

    graph = Graph()
    graph.threads = 1
    buffer = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=Fraction(1, 1),
    )
    graph.link_nodes(
        buffer,
        # The brightness that a camera states of every picture would make the exposure flicker, and
        # a new table of colours for each takes seconds.
        graph.add("sidedata", "mode=delete"),
        graph.add("scale", "out_primaries=bt709:out_transfer=iec61966-2-1:intent=perceptual"),
        graph.add("format", "rgb24"),
        graph.add("buffersink"),
    ).configure()
    return graph
