"""Makes the project's root importable, so that tests may say `from tests.factories import ...` and `from bench import ...`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import settings

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

# In CI the drawn examples are the same each time, so that a landing does not hang on luck; on a developer's machine they vary.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")
