"""Articles a second end to end with record, and peak memory of all processes.

    python bench/speed.py [FILE.jsonl] [--articles 2000] [--words 400] [--extractor rules] [--workers 0]

Without a file the texts are made by bench/texts.py (seeded, distinct). Prints {"articles_per_s", "peak_mb", "articles"}.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def peak_of(pid: int, peak: list[float], stop: threading.Event) -> None:
    """Sum of the private memory (PSS) of a process and its children, in MB; the highest seen."""
    while not stop.wait(0.2):
        total = 0.0
        for child in [pid, *_children(pid)]:
            try:
                for line in Path(f"/proc/{child}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) / 1024
            except OSError:
                continue
        peak[0] = max(peak[0], total)


def _children(pid: int) -> list[int]:
    try:
        own = [int(value) for value in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return own + [grandchild for child in own for grandchild in _children(child)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--words", type=int, default=400)
    parser.add_argument("--extractor", default="rules")
    parser.add_argument("--workers", type=int, default=0)
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from bench.texts import write_texts

    with tempfile.TemporaryDirectory() as folder:
        path = args.file or Path(folder) / "texts.jsonl"
        if args.file is None:
            write_texts(path, args.articles, args.words)
        count = sum(1 for line in path.open("rb") if line.strip())
        command = [sys.executable, "-m", "khronika", "read", str(path), "--record", f"{folder}/r.sqlite", "--extractor", args.extractor]
        started = time.monotonic()
        child = subprocess.Popen(
            [*command, "--workers", str(args.workers)], cwd=ROOT, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        peak, stop = [0.0], threading.Event()
        watcher = threading.Thread(target=peak_of, args=(child.pid, peak, stop))
        watcher.start()
        code = child.wait()
        took = time.monotonic() - started
        stop.set()
        watcher.join()
        if code not in (0, 1):
            sys.exit(f"khronika read ended with {code}")
        size = os.path.getsize(f"{folder}/r.sqlite") / 1e6
    print(json.dumps({"articles_per_s": round(count / took, 1), "peak_mb": round(peak[0]), "articles": count, "record_mb": round(size, 1)}))


if __name__ == "__main__":
    main()
