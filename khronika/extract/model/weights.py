"""A folder of weights goes in, a network that turns texts into numbers per token comes out (onnxruntime and numpy, no torch).

The folder holds model.onnx, vocab.txt and settings.json; settings.json names the layout and the digests of the other two, and all must fit.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from khronika.errors import ModelError
from khronika.extract.model import layout
from khronika.extract.model.marks import Marks
from khronika.extract.model.windows import OVERLAP, windows_of
from khronika.extract.model.wordpiece import WordPiece
from khronika.text import Span

Floats = NDArray[np.float32]
MANY = 4
"""Windows above which a text is run in several threads."""
FILES = ("settings.json", "model.onnx", "vocab.txt")


class Caseless(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of the settings is another where a text came without capitals: who fills which field, and from which p."""

    sources: dict[str, str]
    least: dict[str, float]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was chosen on articles of train that the network never saw, and what the weights were made for.

    `event`, `trigger`, `assessment`, `forecast` and, for participants by field, `parts` are the logistic weights (constant last) that turn scores into `p`;
    `kind` those of what speaks for a kind (decoding.kind_features);
    `least` holds the thresholds by field. `hint` is the weight of the rules' kind, `sources` says by field whether the model, the rules, both or both weighed fill it.
    `caseless` holds sources and thresholds for a text in small letters or in capitals alone.
    `far` and `role_far` add to a link by the distance in sentences. `digests` are sha256 of the other files.
    """

    format: int
    heads: dict[str, int]
    digests: dict[str, str]
    far: tuple[float, ...]
    role_far: tuple[tuple[float, ...], ...]
    event: tuple[float, ...]
    trigger: tuple[float, ...] = ()
    assessment: tuple[float, ...]
    forecast: tuple[float, ...]
    least: dict[str, float]
    parts: dict[str, tuple[float, ...]] = {}
    kind: tuple[float, ...] = ()
    hint: float = 2.0
    sources: dict[str, str] = {}
    caseless: Caseless | None = None
    note: str = ""

    def for_caseless(self) -> Settings:
        """The settings for a text in small letters or in capitals alone."""
        return msgspec.structs.replace(self, sources=self.caseless.sources, least=self.caseless.least) if self.caseless else self


class Network:
    """The encoder with its heads; safe to use from several threads, each run takes one core.

    Raises:
        ModelError: a file is missing, cut off or of another version, or onnxruntime is not installed.
    """

    def __init__(self, folder: Path) -> None:
        for name in FILES:
            if not (folder / name).is_file():
                raise ModelError(f"{folder / name}: missing; give --model the folder that the training made, or use --extractor rules")
        self.settings = _settings(folder / "settings.json")
        raw = (folder / "model.onnx").read_bytes()
        vocabulary = (folder / "vocab.txt").read_bytes()
        for name, content in (("model.onnx", raw), ("vocab.txt", vocabulary)):
            if hashlib.sha256(content).hexdigest() != self.settings.digests.get(name):
                raise ModelError(f"{folder / name}: damaged or not the one that settings.json names; copy the whole folder again")
        self.digest = hashlib.sha256(raw + msgspec.json.encode(self.settings)).hexdigest()
        self.pieces = WordPiece(vocabulary.decode("utf-8").split("\n"))
        self._session = _session(raw, folder)

    def numbers(self, ids: list[int], marks: Marks, sentences: list[Span], overlap: int = OVERLAP) -> Floats:
        """[token, layout.WIDTH]: each token's numbers from the window in which it stands furthest from an edge; windows share about `overlap` tokens.

        `marks` [token, len(layout.MARKS)] is what the rules say.
        """
        found = np.zeros((len(ids), layout.WIDTH), np.float32)
        depth = np.full(len(ids), -1)
        windows = windows_of(sentences, overlap=overlap)

        def run(window: Span) -> Floats:
            given = np.array([[self.pieces.cls, *ids[slice(*window)], self.pieces.sep]], np.int64)
            told = np.pad(marks[slice(*window)], ((1, 1), (0, 0))).astype(np.float32)[None]
            return np.asarray(self._session.run(["numbers"], {"input_ids": given, "marks": told})[0][0, 1:-1], np.float32)

        if len(windows) > MANY:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                runs = list(pool.map(run, windows))
        else:
            runs = [run(window) for window in windows]
        for (a, b), numbers in zip(windows, runs, strict=True):
            here = np.minimum(np.arange(b - a), np.arange(b - a)[::-1])
            better = here > depth[a:b]
            found[a:b][better] = numbers[better]
            depth[a:b][better] = here[better]
        return found


def _settings(path: Path) -> Settings:
    try:
        loose: Any = msgspec.json.decode(path.read_bytes())
        if loose.get("format") != layout.FORMAT or loose.get("heads") != layout.HEADS:
            raise ModelError(f"{path}: made for layout {loose.get('format')}, this program reads {layout.FORMAT}; train again or update")
        return msgspec.convert(loose, Settings)
    except (msgspec.MsgspecError, AttributeError) as error:
        raise ModelError(f"{path}: not the settings of a model ({error}); copy the folder again") from error


def _session(raw: bytes, folder: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelError("onnxruntime is not installed; pip install onnxruntime, or use --extractor rules") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common base for its errors
        raise ModelError(f"{folder / 'model.onnx'}: cannot be opened ({str(error).splitlines()[0][:120]}); copy the folder again") from error
    if [i.name for i in session.get_inputs()] != ["input_ids", "marks"] or [o.name for o in session.get_outputs()] != ["numbers"]:
        raise ModelError(f"{folder / 'model.onnx'}: needs the inputs input_ids and marks and the output numbers; train with train/extractor")
    return session
