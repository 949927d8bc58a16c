"""Which accounts tell of the same event: block, compare, weigh, cluster; accounts in, groups with their reasons out."""

from khronika.link.block import Cost, count, keys_of
from khronika.link.explain import explain, in_words
from khronika.link.joining import link_accounts

__all__ = ["Cost", "count", "explain", "in_words", "keys_of", "link_accounts"]
