"""Learns khronika/data/place/weights.json from the even articles of geoparsing corpora (sha256 of docid or source address, even).

    python train/places.py lgl.xml GeoVirus.xml [--gold FOLDER]

The places of annotated events (FOLDER) add cases from reports on conflicts, each counted three times.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))
from bench.geo import articles  # noqa: E402
from khronika.ground import rank, toponyms  # noqa: E402
from khronika.ground.gazetteer import Gazetteer, key_of  # noqa: E402

OUT = Path(__file__).parent.parent / "khronika/data/place/weights.json"
HAND = {"kind said": 6.0, "other kind said": -3.0, "town of its name": -3.0, "home": 0.7}


def fit_logistic(rows: list[tuple[frozenset[str], int]], steps: int = 800, l2: float = 1e-3) -> dict[str, float]:
    names = sorted({f for features, _ in rows for f in features})
    index = {f: i for i, f in enumerate(names)}
    x = np.zeros((len(rows), len(names) + 1))
    x[:, -1] = 1
    for n, (features, _) in enumerate(rows):
        for f in features:
            x[n, index[f]] = 1
    y = np.array([label for _, label in rows])
    w = np.zeros(len(names) + 1)
    m = np.zeros_like(w)
    v = np.zeros_like(w)
    for t in range(1, steps + 1):
        p = 1 / (1 + np.exp(-x @ w))
        g = x.T @ (p - y) / len(y) + l2 * w * (np.arange(len(w)) < len(names))
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= 0.05 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return {f: round(float(w[i]), 3) for f, i in index.items()} | {"bias": round(float(w[-1]), 3)}


def fit_softmax(cases: list[tuple[list[dict[str, float]], int]], steps: int = 500, l2: float = 1e-3) -> dict[str, float]:
    names = sorted({f for rows, _ in cases for row in rows for f in row} - set(HAND))
    index = {f: i for i, f in enumerate(names)}
    width = max(len(rows) for rows, _ in cases)
    x = np.zeros((len(cases), width, len(names)))
    fixed = np.full((len(cases), width), -1e9)
    y = np.array([label for _, label in cases])
    for n, (rows, _) in enumerate(cases):
        for k, row in enumerate(rows):
            fixed[n, k] = sum(HAND.get(f, 0.0) * value for f, value in row.items())
            for f, value in row.items():
                if f in index:
                    x[n, k, index[f]] = value
    w = np.zeros(len(names))
    m = np.zeros_like(w)
    v = np.zeros_like(w)
    for t in range(1, steps + 1):
        z = x @ w + fixed
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(y)), y] -= 1
        g = np.einsum("nk,nkf->f", p, x) / len(y) + l2 * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= 0.05 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return {f: round(float(w[i]), 3) for f, i in index.items()} | HAND


def main() -> None:
    gazetteer = Gazetteer()
    samples: list[tuple[frozenset[str], int]] = []
    cases: list[tuple[list[dict[str, float]], int]] = []
    files = sys.argv[1:]
    if "--gold" in files:
        at = files.index("--gold")
        cases += 3 * list(cases_of_events(Path(files[at + 1]), gazetteer))
        files = files[:at]
    for file in files:
        for article in articles(Path(file), "even"):
            scene = toponyms.Scene(article.text, "en")
            gold = {(g.start, g.end): g for g in article.gold}
            taken = -1
            done = -1
            for row in toponyms.features_of_training(scene, gazetteer):
                if row["start"] < taken or row["i"] == done:
                    continue
                hit = (row["start"], row["end"]) in gold
                samples.append((row["features"], int(hit)))
                if hit:
                    taken, done = row["end"], row["i"]
            found = [
                toponyms.Found(g.start, g.end, g.words, key_of(g.words), candidates_of(scene, gazetteer, g), 1.0, frozenset()) for g in article.gold
            ]
            for g, (entries, rows) in zip(article.gold, rank.features_of(scene, found, None), strict=True):
                if len(entries) < 2:
                    continue
                far = [rank.kilometres((g.latitude, g.longitude), (e.latitude or 0.0, e.longitude or 0.0)) for e in entries]
                same = [k for k, e in enumerate(entries) if g.id and e.id == g.id]
                best = same[0] if same else int(np.argmin(far))
                if far[best] < 161:
                    cases.append((rows, best))
    print(len(samples), "samples", len(cases), "cases")
    learnt = {"recognition": fit_logistic(samples), "ranking": fit_softmax(cases)}
    OUT.write_text(json.dumps(learnt, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def cases_of_events(folder: Path, gazetteer: Gazetteer) -> list[tuple[list[dict[str, float]], int]]:
    """A case for each first mention of an annotated place: the right candidate has its country, kind and name."""
    cases = []
    for file in sorted(folder.glob("*.json")):
        article = json.loads(file.read_text(encoding="utf-8"))
        if article.get("language") not in (None, "en"):
            continue
        wanted = {w["text"]: w for e in article["events"] if (w := e.get("where")) and w.get("text") and w.get("name")}
        scene = toponyms.Scene(article["text"], "en")
        found = toponyms.recognise(scene, gazetteer)
        for name, (entries, rows) in zip(found, rank.features_of(scene, found, None), strict=True):
            for words, where in wanted.items():
                at = article["text"].find(words)
                if not at <= name.start < at + len(words) or len(entries) < 2:
                    continue
                named = {e.id for e in gazetteer.candidates(key_of(where["name"]))}
                right = [
                    k for k, e in enumerate(entries) if e.id in named and e.country == where["country"] and (e.kind in ("region", "country")) == (where["precision"] in ("region", "country"))
                ]
                if right:
                    cases.append((rows, right[0]))
    return cases


def candidates_of(scene: toponyms.Scene, gazetteer: Gazetteer, g: object) -> tuple[object, ...]:
    from khronika.ground.place import candidates_at

    return candidates_at(scene, gazetteer, g.start, g.end)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
