"""Makes the project's root importable, so that tests may say `from tests.factories import ...` and `from bench import ...`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)
