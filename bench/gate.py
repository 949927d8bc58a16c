"""Quality floors: runs the benches named in bench/floors.json and fails where a figure is below its floor.

    python bench/gate.py                      run all
    python bench/gate.py --only NAME          run one
    python bench/gate.py --update             raise floors to what was measured less a margin
    python bench/gate.py --update --lower     the same, and lower those that fell; say why in the commit

The digest of each data set is pinned, so that a floor is never compared over other data.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ROOT / "bench" / "floors.json"
MARGIN = 0.01


def digest_of_data(path: Path) -> str:
    """Digest over the names and bytes of a file or folder."""
    state = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        state.update(str(file.relative_to(path.parent)).encode() + b"\0" + file.read_bytes() + b"\0")
    return state.hexdigest()[:16]


def value_at(figures: dict[str, Any], path: str) -> float:
    """The figure under "name.key", or under a plain key."""
    name, _, key = path.rpartition(".")
    found = figures[name][key] if name and name in figures else figures[path]
    return float(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--lower", action="store_true")
    args = parser.parse_args()
    gates = json.loads(FLOORS.read_text(encoding="utf-8"))
    passed = failed = 0
    for name, gate in gates.items():
        if args.only not in (None, name):
            continue
        data = ROOT / gate["data"]
        if not data.exists():
            print(f"{name}: {gate['data']} is not on this machine: not run")
            failed += 1
            continue
        digest = digest_of_data(data)
        if gate.setdefault("digest", digest) != digest and not args.update:
            print(f"{name}: {gate['data']} is other data than the floors were set on ({digest}, not {gate['digest']})")
            failed += 1
            continue
        gate["digest"] = digest
        done = subprocess.run([sys.executable, *gate["command"]], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name}: the bench failed: {done.stderr.strip().splitlines()[-1:]}")
            failed += 1
            continue
        figures = json.loads(done.stdout.strip().splitlines()[-1])
        for path, floor in gate["floors"].items():
            found = value_at(figures, path)
            good = found >= floor
            print(f"{'ok  ' if good else 'FELL'} {name}: {path} {found:.4f} (floor {floor})")
            passed, failed = passed + good, failed + (not good)
            if args.update and (found - MARGIN > floor or args.lower and found < floor):
                gate["floors"][path] = round(found - MARGIN, 3)
    if args.update:
        FLOORS.write_text(json.dumps(gates, indent=1) + "\n", encoding="utf-8")
    print(f"{passed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
