"""Learns khronika/data/link/ecb.json from the training part of ECB+ (CC BY 3.0): python train/ecb_weights.py EVENT_MENTIONS.json CORPUS.txt"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import ecbplus
from khronika.link.weigh import Weights, write_weights
from train.logistic import learn


def main() -> None:
    """Fit on every pair of mentions of one topic; shift the prior to the best CoNLL F1 over the same part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mentions", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path, default=ecbplus.WEIGHTS)
    parser.add_argument("--shift", type=float, default=None, help="added to the prior; without it the best of some is taken")
    arguments = parser.parse_args()
    mentions = ecbplus.read_mentions(arguments.mentions, arguments.corpus)
    rows, same = [], []
    for topic in ecbplus.topics(mentions):
        for i, a in enumerate(topic):
            for b in topic[i + 1 :]:
                rows.append(ecbplus.features(a, b))
                same.append(a.chain == b.chain)
    print(len(rows), "pairs,", sum(same), "of one event", file=sys.stderr)
    prior, levels = learn(rows, same, ridge=2.0)
    best = (0.0, 0.0)
    for shift in [arguments.shift] if arguments.shift is not None else [0.5, 1.0, 1.5, 2.0]:
        write_weights(arguments.out, Weights(version="ecb@1", prior=round(prior + shift, 2), levels=levels, texts="ECB+ training part, CC BY 3.0"))
        figures = ecbplus.measure(mentions, ecbplus.join(mentions, arguments.out))
        print(shift, figures, file=sys.stderr)
        best = max(best, (figures["conll_f1"], shift))
    write_weights(arguments.out, Weights(version="ecb@1", prior=round(prior + best[1], 2), levels=levels, texts="ECB+ training part, CC BY 3.0"))


if __name__ == "__main__":
    main()
