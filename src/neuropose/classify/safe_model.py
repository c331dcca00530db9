"""Classifiers as bytes and back: no pickle, and only types that belong to a classifier.

A skops file is a zip of arrays and one ``schema.json`` that names the types to be made. All of them
are looked up in a list of what our own classifiers hold before skops, or anything else, makes one.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from neuropose.classify.settings import ModelName
from neuropose.errors import UntrustedModelError

_LARGEST_BYTES = 1 << 30
_MOST_MEMBERS = 100_000
_SCHEMA = "schema.json"
_HINT = "take the file from where it was made, or train again"

_EVERYWHERE = {
    ("builtins.dict", "DictNode"),
    ("builtins.list", "ListNode"),
    ("builtins.tuple", "TupleNode"),
    ("builtins.str", "JsonNode"),
    ("builtins.str", "TypeNode"),
    ("numpy.ndarray", "NdArrayNode"),
    ("numpy.bool", "NdArrayNode"),
    ("numpy.float64", "NdArrayNode"),
    ("numpy.int64", "NdArrayNode"),
    ("numpy.dtype", "DTypeNode"),
    ("sklearn.pipeline.Pipeline", "ObjectNode"),
    ("sklearn.impute._base.SimpleImputer", "ObjectNode"),
    ("sklearn.preprocessing._data.StandardScaler", "ObjectNode"),
}
_OF_MODEL: dict[ModelName, set[tuple[str, str]]] = {
    "logistic": {("sklearn.linear_model._logistic.LogisticRegression", "ObjectNode")},
    "forest": {
        ("sklearn.ensemble._forest.RandomForestClassifier", "ObjectNode"),
        ("sklearn.tree._classes.DecisionTreeClassifier", "ObjectNode"),
        ("sklearn.tree._tree.Tree", "TreeNode"),
    },
    "svm": {("sklearn.svm._classes.SVC", "ObjectNode")},
    "knn-dtw": {("sklearn.neighbors._classification.KNeighborsClassifier", "ObjectNode")},
    "minirocket": {
        (
            "aeon.transformations.collection.convolution_based._minirocket.MiniRocket",
            "ObjectNode",
        ),
        ("sklearn.linear_model._ridge.RidgeClassifier", "ObjectNode"),
        ("sklearn.preprocessing._label.LabelBinarizer", "ObjectNode"),
    },
}


def encode_model(pipeline: Any) -> bytes:
    """Encode a fitted pipeline; the same pipeline yields the same bytes.

    Parameters
    ----------
    pipeline : sklearn Pipeline
        Fitted preprocessing steps and classifier.

    Returns
    -------
    bytes
        A skops file.
    """
    import skops.io

    return _canonical(skops.io.dumps(pipeline))


def decode_model(data: bytes, model: ModelName) -> Any:
    """Build a pipeline from bytes that contain nothing but what such a classifier contains.

    Parameters
    ----------
    data : bytes
        Bytes from `encode_model`.
    model : {"logistic", "forest", "svm", "knn-dtw", "minirocket"}
        Classifier that it must be.

    Returns
    -------
    sklearn Pipeline

    Raises
    ------
    UntrustedModelError
        If they are anything else; nothing in them has been run.
    """
    import skops.io

    allowed = _EVERYWHERE | _OF_MODEL[model]
    _check_types(_schema(data), allowed)
    names = {name for name, _ in allowed}
    try:
        unknown = set(skops.io.get_untrusted_types(data=data))
        if unknown - names:  # our own look at the schema has missed something
            raise _refusal(f"it holds {', '.join(sorted(unknown - names))}")
        pipeline = skops.io.loads(data, trusted=sorted(unknown))
        _check_pipeline(pipeline)
    except UntrustedModelError:
        raise
    except Exception as error:  # whatever damaged bytes lead to
        raise _refusal(f"it cannot be read: {type(error).__name__}: {error}") from error
    return pipeline


def _schema(data: bytes) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if len(members) > _MOST_MEMBERS or size > _LARGEST_BYTES:
                raise _refusal(f"it would unpack to {len(members)} files and {size} bytes")
            return json.loads(archive.read(_SCHEMA))
    except UntrustedModelError:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError, OSError, EOFError) as error:
        raise _refusal("it is not a skops file") from error
    except NotImplementedError as error:  # compressed in a way that zipfile does not know
        raise _refusal(f"it is not a skops file: {error}") from error


def _check_types(schema: Any, allowed: set[tuple[str, str]]) -> None:
    for node in _nodes(schema):
        kind = f"{node.get('__module__')}.{node.get('__class__')}", node.get("__loader__")
        if kind not in allowed:
            raise _refusal(f"it holds {kind[0]} ({kind[1]}), which no such classifier has")


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "__class__" in value or "__module__" in value or "__loader__" in value:
                yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _check_pipeline(pipeline: Any) -> None:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import Pipeline

    if not isinstance(pipeline, Pipeline):
        raise _refusal(f"it is a {type(pipeline).__name__}, not a pipeline")
    classifier = pipeline.steps[-1][1]
    if isinstance(classifier, RandomForestClassifier):
        for tree in classifier.estimators_:
            _check_tree(tree.tree_)


def _check_tree(tree: Any) -> None:
    """Check that the nodes of a tree stay inside it: scikit-learn follows them unchecked."""
    own = np.arange(tree.node_count)
    for children in (tree.children_left, tree.children_right):
        inner = children != -1
        if (children[inner] <= own[inner]).any() or (children >= tree.node_count).any():
            raise _refusal("a tree in it has branches that lead nowhere")
    leaves = tree.children_left == -1
    features = tree.feature[~leaves]
    if (leaves != (tree.children_right == -1)).any() or (
        ((features < 0) | (features >= tree.n_features)).any()
    ):
        raise _refusal("a tree in it uses features that do not exist")


def _canonical(data: bytes) -> bytes:
    """Replace addresses in memory, in names and numbers, by counts, and times by none."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        schema = json.loads(archive.read(_SCHEMA))
        numbers: dict[int, int] = {}
        files: dict[str, str] = {}
        waiting = [schema]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                if isinstance(value.get("__id__"), int):
                    value["__id__"] = numbers.setdefault(value["__id__"], len(numbers) + 1)
                if isinstance(value.get("file"), str) and "__loader__" in value:
                    name = value["file"]
                    suffix = name.rpartition(".")[2]
                    value["file"] = files.setdefault(name, f"{len(files) + 1}.{suffix}")
                waiting.extend(value.values())
            elif isinstance(value, list):
                waiting.extend(value)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
            for old, new in files.items():
                written.writestr(_member(new), archive.read(old))
            written.writestr(_member(_SCHEMA), json.dumps(schema))
    return buffer.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)  # of 1980: no time of its own
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _refusal(problem: str) -> UntrustedModelError:
    text = " ".join(problem.split())
    return UntrustedModelError(f"the classifier is refused: {text[:200]}", hint=_HINT)
