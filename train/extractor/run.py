"""Data folders go in, trained weights come out: `python -m train.extractor.run --data ../shared --out train/work`.

Seeds are fixed, a checkpoint is written every five minutes and a later call goes on from it; `dev` parts are never read.
"""

from __future__ import annotations

import argparse
import collections
import random
import sys
import time
from pathlib import Path

import torch
from torch import Tensor

from khronika.extract.model.wordpiece import WordPiece
from train.extractor.examples import Window, cut, from_gold, from_muc, gold_articles, held_out, own_reports
from train.extractor.network import Loss, Network, base_folder

CHECKPOINT_SECONDS = 300


def windows(data: Path, reports: Path) -> tuple[list[Window], list[Window], list[Window]]:
    """Training windows with all fields, those with roles alone, and those of the fixed tenth."""
    pieces = WordPiece((base_folder() / "vocab.txt").read_text(encoding="utf-8").split("\n"))
    gold = gold_articles(data / "gold" / "train")
    own = [from_gold(article, pieces) for article in own_reports(reports)]
    full = own + [from_gold(a, pieces) for a in gold if not held_out(a["id"])]
    tenth = [from_gold(a, pieces) for a in gold if held_out(a["id"])]
    roles = from_muc(data / "data" / "muc4" / "gtt_train.jsonl", pieces)
    return tuple([w for text in texts for w in cut(text, pieces)] for texts in (full, roles, tenth))  # type: ignore[return-value]


def batches(wanted: list[Window], most: int, chance: random.Random) -> list[list[Window]]:
    """Groups of windows of like length, at most `most` tokens with padding, in random order."""
    wanted = sorted(wanted, key=lambda w: len(w.ids) + chance.random() * 40)
    found: list[list[Window]] = []
    group: list[Window] = []
    for window in wanted:
        if group and max(len(w.ids) for w in (*group, window)) * (len(group) + 1) > most:
            found.append(group)
            group = []
        group.append(window)
    found.append(group)
    chance.shuffle(found)
    return found


class Cache:
    """The output of the frozen layers, worked out once a window."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.known: dict[int, Tensor] = {}

    def batch(self, group: list[Window]) -> tuple[Tensor, Tensor]:
        """States [batch, length, size] and the mask [batch, 1, length, length] of a group."""
        longest = max(len(w.ids) for w in group)
        states, mask = torch.zeros(len(group), longest, 384), torch.zeros(len(group), 1, longest, longest)
        for row, window in enumerate(group):
            if id(window) not in self.known:
                with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                    ids = torch.tensor([window.ids])
                    self.known[id(window)] = self.network.bottom(ids, torch.zeros(1, 1, len(window.ids), len(window.ids)))[0].bfloat16()
            states[row, : len(window.ids)] = self.known[id(window)]
            mask[row, :, :, len(window.ids) :] = -1e4
        return states, mask


def held_loss(network: Network, cache: Cache, loss: Loss, tenth: list[Window]) -> str:
    """The mean loss of each head on the fixed tenth, as words."""
    network.eval()
    sums: collections.Counter[str] = collections.Counter()
    counts: collections.Counter[str] = collections.Counter()
    with torch.no_grad():
        for window in tenth:
            states, mask = cache.batch([window])
            for name, value in loss(network(states, mask)[0], window).items():
                sums[name] += float(value)
                counts[name] += 1
    network.train()
    return " ".join(f"{name} {sums[name] / counts[name]:.3f}" for name in sums)


def train(args: argparse.Namespace) -> None:
    """The whole run; ends with the last checkpoint in `args.out`."""
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    full, roles, tenth = windows(args.data, args.reports)
    network = Network(frozen=args.frozen)
    cache, loss = Cache(network), Loss(network)
    network.eval()
    heads = [p for n, p in network.named_parameters() if p.requires_grad and not n.startswith("layers")]
    encoder = [p for n, p in network.named_parameters() if p.requires_grad and n.startswith("layers")]
    optimiser = torch.optim.AdamW([{"params": encoder, "lr": args.rate}, {"params": heads, "lr": 1e-3}], weight_decay=0.01, betas=(0.9, 0.98))
    rates = [group["lr"] for group in optimiser.param_groups]
    where = args.out / "checkpoint.pt"
    first = 0
    if where.exists():
        state = torch.load(where, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        first = state["epoch"]
    eventful, quiet = [w for w in roles if w.eventful], [w for w in roles if not w.eventful]
    saved = time.monotonic()
    for epoch in range(first, args.epochs):
        chance = random.Random(args.seed * 1000 + epoch)
        share = chance.sample(eventful, int(len(eventful) * args.muc)) + chance.sample(quiet, int(len(quiet) * args.muc * 0.15))
        todo = batches(full + share, args.tokens, chance)
        started, seen, sums = time.monotonic(), 0, collections.Counter[str]()
        network.train()
        for step, group in enumerate(todo):
            done = (epoch + step / len(todo)) / args.epochs
            for parameters, rate in zip(optimiser.param_groups, rates, strict=True):
                parameters["lr"] = rate * min(1.0, (done + 0.002) / 0.08) * max(0.02, 1.0 - done)
            states, mask = cache.batch(group)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                numbers = network(states, mask)
            parts = [loss(numbers[row, : len(w.ids)], w) for row, w in enumerate(group)]
            total = torch.stack([value for part in parts for value in part.values()]).sum() / len(group)
            optimiser.zero_grad()
            total.backward()
            torch.nn.utils.clip_grad_norm_(encoder + heads, 1.0)
            optimiser.step()
            seen += sum(len(w.ids) for w in group)
            sums["all"] += total.item()
            if step % 40 == 39:
                print(f"  step {step + 1}/{len(todo)} loss {sums['all'] / (step + 1):.3f} tokens/s {seen / (time.monotonic() - started):.0f}", file=sys.stderr, flush=True)
        print(f"epoch {epoch + 1}/{args.epochs} loss {sums['all'] / len(todo):.3f} tenth: {held_loss(network, cache, loss, tenth)} seconds {time.monotonic() - started:.0f}", flush=True)
        if time.monotonic() - saved > CHECKPOINT_SECONDS or epoch + 1 == args.epochs or epoch == first:
            torch.save({"network": network.state_dict(), "optimiser": optimiser.state_dict(), "epoch": epoch + 1}, where)
            saved = time.monotonic()


def main() -> None:
    """Options of the command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds gold/ and data/muc4/")
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--reports", type=Path, default=Path("train/reports"))
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--muc", type=float, default=0.3, help="share of MUC-4's articles that an epoch sees")
    parser.add_argument("--tokens", type=int, default=1024, help="tokens in a batch")
    parser.add_argument("--rate", type=float, default=2.5e-4)
    parser.add_argument("--frozen", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
