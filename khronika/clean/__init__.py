"""Makes a text of a document."""

from khronika.clean.cleaning import clean, coded_languages

__all__ = ["clean", "coded_languages"]
