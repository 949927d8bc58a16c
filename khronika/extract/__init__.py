"""The ways of reading a text, by name; each is loaded only when asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from khronika.errors import UsageError
from khronika.types import Extractor


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where a language model answers. `address` is that of the API, with or without /v1; `key` is sent as a bearer token and stands nowhere else."""

    address: str
    model: str
    key: str | None = None
    timeout_s: float = 120.0
    cache: Path | None = None
    """Folder in which answers are kept; None: they are not."""


Where = Path | Server | None
"""The folder of the weights, or the server, where the way of reading has any."""


def _rules(where: Where) -> Extractor:
    from khronika.extract.rules import RulesExtractor

    return RulesExtractor()


def _model(where: Where) -> Extractor:
    from khronika.extract.model.extractor import ModelExtractor

    return ModelExtractor(where if isinstance(where, Path) else None)


def _llm(where: Where) -> Extractor:
    from khronika.extract.llm.extractor import LlmExtractor

    if not isinstance(where, Server):
        raise UsageError("--extractor llm needs --server ADDRESS and --server-model NAME")
    return LlmExtractor(where)


EXTRACTORS: dict[str, Callable[[Where], Extractor]] = {"rules": _rules, "model": _model, "llm": _llm}
"""Name -> loader."""
DEFAULT = "model"
"""The one that reads where none is named: the better one of those that need no server (MODEL_CARD.md)."""
