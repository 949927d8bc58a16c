"""What was made once and is asked for again."""

from __future__ import annotations

import msgspec
import pytest

from khronika.link import shelf
from khronika.link.shelf import Shelf


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Shelf[int, str]:
    monkeypatch.setattr(shelf, "MOVED", 3)
    return Shelf(2, msgspec.msgpack.encode, msgspec.msgpack.Decoder(str).decode)


def test_every_value_comes_back_and_few_stay_in_memory(small: Shelf[int, str]) -> None:
    for number in range(50):
        small.put(number, f"value {number}")
        assert len(small._near) < 5
    assert [small.get(number) for number in range(50)] == [f"value {number}" for number in range(50)]
    assert small.get(50) is None


def test_a_value_put_again_stays_one(small: Shelf[int, str]) -> None:
    for number in [*range(10), *range(10)]:
        small.put(number, f"value {number}")
    assert small.get(4) == "value 4"


def test_what_cannot_be_written_is_asked_for_in_vain(small: Shelf[int, str]) -> None:
    for number in range(10):
        small.put(number, "lone \ud800" if number == 1 else "whole")
    assert (small.get(0), small.get(1), small.get(2)) == ("whole", None, "whole")
