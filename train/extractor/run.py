"""Data folders go in, trained weights come out: `python -m train.extractor.run --data ../shared --out train/work/stage1 ...`.

One run is one stage. Seeds are fixed; every five minutes a checkpoint is written, from which a later call of the same stage goes on at the same step.
The checkpoint holds the weights as they are and their moving average, which is what is packed. `dev` parts are never read.
"""

from __future__ import annotations

import argparse
import collections
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from khronika.extract.model.layout import MARKS
from khronika.extract.model.wordpiece import WordPiece
from train.extractor.corpora import from_geo, from_polnear, from_re3d, from_times
from train.extractor.datasets import from_gold, from_muc, gold_articles, own_reports
from train.extractor.examples import FOLDS, Window, cut, fold_of, held_out
from train.extractor.network import Loss, Network, base_folder

CHECKPOINT_SECONDS = 300
QUIET = 0.15
"""Of MUC-4's articles without any event, the share that is seen for each that is seen with one."""
UNMARKED = 0.15
"""Share of windows whose marks are hidden in training, so that the network can read without the rules too."""
Group = list[Window]


def windows(data: Path, reports: Path, names: list[str], without: int | None = None) -> tuple[dict[str, list[Window]], list[Window]]:
    """The windows of each wanted data set, the gold's without one fold, and those of the fixed tenth."""
    pieces = WordPiece((base_folder() / "vocab.txt").read_text(encoding="utf-8").split("\n"))
    gold = gold_articles(data / "gold" / "train")
    readers = {
        "gold": lambda: (from_gold(a, pieces) for a in gold if not held_out(a["id"]) and fold_of(a["id"]) != without),
        "reports": lambda: (from_gold(a, pieces) for a in own_reports(reports)),
        "muc": lambda: (text for text in from_muc(data / "data" / "muc4" / "gtt_train.jsonl", pieces) if not held_out(text.id)),
        "polnear": lambda: from_polnear(data / "data" / "polnear" / "train", pieces),
        "re3d": lambda: from_re3d(data / "data" / "re3d", pieces),
        "geo": lambda: from_geo(data / "data" / "geo", pieces),
        "wikiwars": lambda: from_times([data / "data" / "temporal" / "wikiwars_train"], pieces),
        "times": lambda: from_times([data / "data" / "temporal" / name for name in ("timebank", "aquaint")], pieces),
    }
    sets = {name: [w for text in readers[name]() for w in cut(text, pieces)] for name in names}
    return sets, [w for a in gold if held_out(a["id"]) for w in cut(from_gold(a, pieces), pieces)]


def epoch(sets: dict[str, list[Window]], mix: dict[str, float], most: int, chance: random.Random) -> list[Group]:
    """Batches of one pass: of each data set its share (2.5: twice, and half of it once more), in random order."""
    wanted: list[Window] = []
    for name, share in mix.items():
        for kind, part in ((True, share), (False, share * (QUIET if name == "muc" else 1.0))):
            held = [w for w in sets[name] if w.eventful == kind]
            wanted += held * int(part) + chance.sample(held, round(len(held) * (part - int(part))))
    wanted.sort(key=lambda w: len(w.ids) + chance.random() * 40)
    found: list[Group] = []
    group: Group = []
    for window in wanted:
        if group and max(len(w.ids) for w in (*group, window)) * (len(group) + 1) > most:
            found.append(group)
            group = []
        group.append(window)
    found.append(group)
    chance.shuffle(found)
    return found


def steps(sets: dict[str, list[Window]], args: argparse.Namespace, first: int) -> Iterator[tuple[int, Group]]:
    """Numbered batches from step `first` on; the same for the same seed."""
    at = number = 0
    while True:
        for group in epoch(sets, args.mix, args.tokens, random.Random(args.seed * 1000 + number)):
            if at >= first:
                yield at, group
            at += 1
        number += 1


def autocast() -> torch.autocast:
    """bfloat16 on a GPU and on a CPU that has it; on others it is slower by far than single precision."""
    device = torch.get_default_device().type
    return torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda" or torch.cpu._is_avx512_bf16_supported())


class Cache:
    """The output of the frozen layers, worked out once a window."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.known: dict[int, Tensor] = {}

    def batch(self, group: Group) -> tuple[Tensor, Tensor, Tensor]:
        """States [batch, length, size], marks [batch, length, marks] and the mask [batch, 1, length, length] of a group."""
        longest = max(len(w.ids) for w in group)
        states, mask = torch.zeros(len(group), longest, 384), torch.zeros(len(group), 1, longest, longest)
        marks = torch.zeros(len(group), longest, len(MARKS))
        for row, window in enumerate(group):
            if id(window) not in self.known:
                training = self.network.training
                self.network.eval()
                with torch.no_grad(), autocast():
                    ids = torch.tensor([window.ids])
                    self.known[id(window)] = self.network.bottom(ids, torch.zeros(1, 1, len(window.ids), len(window.ids)))[0].bfloat16()
                self.network.train(training)
            states[row, : len(window.ids)] = self.known[id(window)]
            marks[row, : len(window.ids)] = torch.as_tensor(window.marks)
            mask[row, :, :, len(window.ids) :] = -1e4
        return states, marks, mask


class Run:
    """One stage: network, moving average, optimiser and where they are kept."""

    def __init__(self, args: argparse.Namespace) -> None:
        torch.manual_seed(args.seed)
        torch.set_num_threads(args.threads)
        self.args, self.step = args, 0
        if torch.cuda.is_available():
            torch.set_default_device("cuda")
        self.network = Network(args.dropout).to(torch.get_default_device())
        self.trained = {n: p for n, p in self.network.named_parameters() if p.requires_grad}
        groups = [[p for n, p in self.trained.items() if n.startswith("layers") == is_encoder] for is_encoder in (True, False)]
        self.optimiser = torch.optim.AdamW(
            [{"params": groups[0], "lr": args.rate}, {"params": groups[1], "lr": args.head_rate}], weight_decay=0.01, betas=(0.9, 0.98), fused=True
        )
        self.rates = [group["lr"] for group in self.optimiser.param_groups]
        self.where = args.out / "checkpoint.pt"
        if self.where.exists():
            self._load(self.where, whole=True)
        elif args.start:
            self._load(args.start, whole=False)
        else:
            self.average = {n: p.detach().clone() for n, p in self.trained.items()}

    def _load(self, path: Path, whole: bool) -> None:
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average = {n: state["average"][n] for n in self.trained}
        if whole:
            self.optimiser.load_state_dict(state["optimiser"])
            self.step = state["step"]

    def save(self) -> None:
        """Write the checkpoint whole or not at all."""
        state = {"network": self.network.state_dict(), "average": self.average, "optimiser": self.optimiser.state_dict(), "step": self.step}
        torch.save(state, self.where.with_suffix(".new"))
        self.where.with_suffix(".new").replace(self.where)

    def learn(self, total: Tensor) -> None:
        """One step of the optimiser: warm-up, level rate, and a fall to nothing over the last `decay` steps."""
        args = self.args
        falling = (args.steps - self.step) / args.decay if args.decay else 1.0
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * min(1.0, (self.step + 1) / args.warm, max(0.02, falling))
        self.optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(list(self.trained.values()), 1.0)
        self.optimiser.step()
        self.step += 1
        with torch.no_grad():
            keep = min(args.average, (1 + self.step) / (10 + self.step))
            torch._foreach_lerp_(list(self.average.values()), list(self.trained.values()), 1.0 - keep)


def held_loss(run: Run, cache: Cache, loss: Loss, tenth: list[Window]) -> str:
    """The mean loss of each head on the fixed tenth with the averaged weights, as words."""
    kept = {n: p.detach().clone() for n, p in run.trained.items()}
    _put(run, run.average)
    run.network.eval()
    sums: collections.Counter[str] = collections.Counter()
    counts: collections.Counter[str] = collections.Counter()
    with torch.no_grad():
        for window in tenth:
            states, marks, mask = cache.batch([window])
            with autocast():
                numbers = run.network(states, marks, mask)
            for name, value in loss(numbers[0], window).items():
                sums[name] += float(value)
                counts[name] += 1
    run.network.train()
    _put(run, kept)
    return " ".join(f"{name} {sums[name] / counts[name]:.3f}" for name in sums)


def _put(run: Run, values: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in run.trained.items():
            parameter.copy_(values[name])


def train(args: argparse.Namespace) -> None:
    """The whole stage; ends with the last checkpoint in `args.out`."""
    args.out.mkdir(parents=True, exist_ok=True)
    run = Run(args)
    if run.step >= args.steps:
        print(f"{args.out}: all {run.step} steps are done")
        return
    sets, tenth = windows(args.data, args.reports, list(args.mix), args.without)
    cache, loss = Cache(run.network), Loss(run.network)
    print("windows", {name: len(held) for name, held in sets.items()}, "tenth", len(tenth), flush=True)
    run.network.train()
    saved = reported = time.monotonic()
    seen, sums = 0, collections.Counter[str]()
    for step, group in steps(sets, args, run.step):
        if step >= args.steps:
            break
        states, marks, mask = cache.batch(group)
        marks *= (torch.rand(len(group), 1, 1) >= UNMARKED).float()
        with autocast():
            numbers = run.network(states, marks, mask)
        parts = [loss(numbers[row, : len(w.ids)], w) for row, w in enumerate(group)]
        run.learn(torch.stack([value for part in parts for value in part.values()]).sum() / len(group))
        seen += sum(len(w.ids) for w in group)
        for part in parts:
            sums.update({"all": sum(float(v.detach()) for v in part.values()), "count": 1})
        now = time.monotonic()
        if now - reported > args.report:
            print(f"step {run.step}/{args.steps} loss {sums['all'] / sums['count']:.3f} tokens/s {seen / (now - reported):.0f}", file=sys.stderr, flush=True)
            seen, reported = 0, now
            sums.clear()
        if run.step in args.keep:
            torch.save({"network": run.network.state_dict(), "average": run.average}, args.out / f"kept-{run.step:05}.pt")
        if now - saved > CHECKPOINT_SECONDS:
            run.save()
            print(f"step {run.step} tenth: {held_loss(run, cache, loss, tenth)}", flush=True)
            saved = time.monotonic()
    run.save()
    print(f"step {run.step} tenth: {held_loss(run, cache, loss, tenth)}", flush=True)


def shares(words: str) -> dict[str, float]:
    """`gold=1,muc=0.5` as a table."""
    return {name: float(share) for name, share in (part.split("=") for part in words.split(","))}


def main() -> None:
    """Options of the command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds gold/ and data/")
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--start", type=Path, help="checkpoint of an earlier stage")
    parser.add_argument("--reports", type=Path, default=Path("train/reports"))
    parser.add_argument("--mix", type=shares, default="gold=1,muc=0.5,polnear=0.1,re3d=1", help="how often an epoch sees each data set")
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--keep", type=lambda words: [int(word) for word in words.split(",")], default=[], help="steps whose moving averages are kept, to be averaged")
    parser.add_argument("--warm", type=int, default=150)
    parser.add_argument("--decay", type=int, default=0, help="steps at the end over which the rate falls to nothing")
    parser.add_argument("--tokens", type=int, default=1024, help="tokens in a batch")
    parser.add_argument("--rate", type=float, default=2.5e-4)
    parser.add_argument("--head-rate", type=float, default=1e-3)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--average", type=float, default=0.998, help="share of the moving average that stays at each step")
    parser.add_argument("--without", type=int, choices=range(FOLDS), help="fold of the gold articles that this network never sees")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--report", type=float, default=30.0, help="seconds between progress lines")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
