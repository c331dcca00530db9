"""One TensorFlow Lite graph on LiteRT, in float32, on one thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

_AS_IT_IS = np.float32(1.0)


class Graph:
    """An interpreter for one graph; used by one thread at a time.

    Parameters
    ----------
    content : bytes
        A ``.tflite`` model.

    Notes
    -----
    One thread per interpreter: parallelism over frames scales better than threads within one frame.
    CPU kernels run in float32, never in a lower precision.
    """

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with _without_notice():
            self._interpreter = Interpreter(model_content=content, num_threads=1)
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs: dict[tuple[int, ...], int] = {
            tuple(int(size) for size in detail["shape"]): detail["index"]
            for detail in self._interpreter.get_output_details()
        }

    def run(self, values: NDArray[np.number], scale: np.float32 = _AS_IT_IS) -> None:
        """Run the graph on one input.

        Parameters
        ----------
        values : ndarray, shape (1, height, width, 3)
            RGB.
        scale : np.float32
            Factor that brings it to the range that the graph was trained on.
        """
        # Written where the graph reads it. The view must be gone before the graph runs.
        np.multiply(values, scale, out=self._interpreter.tensor(self._input)(), dtype=np.float32)
        self._interpreter.invoke()

    def output(self, *shape: int) -> NDArray[np.float32]:
        """Return the output with this shape, where the graph has written it.

        Parameters
        ----------
        *shape : int
            Full shape; BlazePose's outputs all differ in theirs.

        Returns
        -------
        ndarray of float32
            Gone before the graph runs again, or it refuses to: a copy of the heatmaps alone would
            cost a fortieth of the graph.
        """
        values: NDArray[np.float32] = self._interpreter.tensor(self._outputs[shape])()
        return values


_notice_lock = threading.Lock()


@contextmanager
def _without_notice() -> Iterator[None]:
    """Keep LiteRT's notice about its CPU kernels off stderr; there is no setting for that."""
    with _notice_lock:
        try:
            kept = os.dup(2)
        except OSError:  # there is no stderr
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


def without_outputs(content: bytes, unwanted: Collection[tuple[int, ...]]) -> bytes:
    """Remove outputs, and all operators that only they need, from a graph.

    Parameters
    ----------
    content : bytes
        A ``.tflite`` model.
    unwanted : collection of tuple of int
        Shapes of the outputs to cut.

    Returns
    -------
    bytes
        A model whose other outputs are bit for bit those of `content`.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model: Any = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    graph.outputs = [
        output for output in graph.outputs if tuple(graph.tensors[output].shape) not in unwanted
    ]
    needed = set(graph.outputs)
    kept = []
    for operator in reversed(graph.operators):
        if needed.intersection(operator.outputs):
            kept.append(operator)
            needed.update(operator.inputs)
    graph.operators = kept[::-1]
    model.signatureDefs = None  # they name the outputs that were cut
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
