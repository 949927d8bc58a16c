"""The ways of reading a text, by name; each is loaded only when asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from khronika.types import Extractor


def _rules(model: Path | None) -> Extractor:
    from khronika.extract.rules import RulesExtractor

    return RulesExtractor()


def _model(model: Path | None) -> Extractor:
    from khronika.extract.model.extractor import ModelExtractor

    return ModelExtractor(model)


EXTRACTORS: dict[str, Callable[[Path | None], Extractor]] = {"rules": _rules, "model": _model}
"""Name -> loader; the argument is the folder of the weights where the way of reading has any."""
