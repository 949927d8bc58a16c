"""Checkpoints of a run go in, one self-contained int8 ONNX file comes out, with its vocabulary and settings.

The graph is written node by node (fused attention, dynamic int8 products, weights per column), so no exporter stands between.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from khronika.extract.model import layout
from train.extractor.network import Network, base_folder

FUSED = "com.microsoft"
START = {"event": (0.5, 0.5, 2.0, 0.0, 0.0), "assessment": (1.0, 0.5, 0.0), "forecast": (1.0, 0.5, 0.0)}
LEAST = {"event": 0.5, "assessment": 0.5, "forecast": 0.5, "evidence": 0.5, "perp_person": 0.3, "perp_group": 0.3, "target": 0.3, "victim": 0.3, "weapon": 0.3, "source": 0.3, "place": 0.3, "time": 0.3, "background": 0.5, "alleged": 0.5, "attempted": 0.5, "foiled": 0.5}


class Graph:
    """Nodes and constants as they are added; every method gives the name of what it made."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, op: str, inputs: list[str], name: str, domain: str = "", **options: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [name], domain=domain, **options))
        return name

    def product(self, x: str, name: str, weight: NDArray[Any], bias: NDArray[Any] | None) -> str:
        """x @ weight + bias with the weight [in, out] in int8, one scale a column."""
        scale = np.maximum(np.abs(weight).max(0), 1e-8) / 127.0
        inputs = [x, self.constant(name + ".w", np.rint(weight / scale).astype(np.int8)), self.constant(name + ".s", scale.astype(np.float32))]
        inputs.append(self.constant(name + ".z", np.zeros(weight.shape[1], np.int8)))
        if bias is not None:
            inputs.append(self.constant(name + ".b", bias))
        return self.node("DynamicQuantizeMatMul", inputs, name, FUSED)


def _layer(graph: Graph, x: str, at: str, given: dict[str, NDArray[Any]]) -> str:
    def norm(y: str, skip: str, which: str) -> str:
        gains = [graph.constant(f"{at}.{which}.{k}", given[f"{which}.{k}"]) for k in ("weight", "bias")]
        return graph.node("SkipLayerNormalization", [y, skip, *gains], f"{at}.{which}", FUSED, epsilon=1e-12)

    weight = np.concatenate([given[f"{k}.weight"].T for k in ("query", "key", "value")], 1)
    joint = graph.product(x, f"{at}.qkv", weight, np.concatenate([given[f"{k}.bias"] for k in ("query", "key", "value")]))
    parts = [f"{at}.q", f"{at}.k", f"{at}.v"]
    graph.nodes.append(helper.make_node("Split", [joint], parts, axis=-1, num_outputs=3))
    mixed = graph.node("MultiHeadAttention", parts, f"{at}.mixed", FUSED, num_heads=12)
    x = norm(graph.product(mixed, f"{at}.out", given["out.weight"].T, given["out.bias"]), x, "norm1")
    wide = graph.product(x, f"{at}.wide", given["wide.weight"].T, None)
    wide = graph.node("BiasGelu", [wide, graph.constant(f"{at}.wide.b", given["wide.bias"])], f"{at}.gelu", FUSED)
    return norm(graph.product(wide, f"{at}.narrow", given["narrow.weight"].T, given["narrow.bias"]), x, "norm2")


def to_onnx(network: Network) -> Any:
    """The whole network as an ONNX model: input_ids [batch, length] and marks [batch, length, len(layout.MARKS)] -> numbers [batch, length, layout.WIDTH]."""
    given = {k: v.detach().float().numpy() for k, v in network.state_dict().items()}
    graph = Graph()
    word = given["word.weight"]
    scale = np.maximum(np.abs(word).max(1, keepdims=True), 1e-8) / 127.0
    rows = graph.node("Gather", [graph.constant("word.w", np.rint(word / scale).astype(np.int8)), "input_ids"], "word.rows")
    scales = graph.node("Gather", [graph.constant("word.s", scale.astype(np.float32)), "input_ids"], "word.scales")
    x = graph.node("Mul", [graph.node("Cast", [rows], "word.float", to=TensorProto.FLOAT), scales], "word")
    shape = graph.node("Shape", ["input_ids"], "shape", start=1)
    zero = graph.constant("zero", np.array([0], np.int64))
    places = graph.node("Slice", [graph.constant("place.w", given["place.weight"]), zero, shape, zero], "place")
    gains = [graph.constant(f"norm.{k}", given[f"norm.{k}"]) for k in ("weight", "bias")]
    x = graph.node("LayerNormalization", [graph.node("Add", [x, places], "sum"), *gains], "bottom", axis=-1, epsilon=1e-12)
    for number in range(len(network.layers)):
        if number == layout.BELOW:
            x = graph.node("Add", [x, graph.node("MatMul", ["marks", graph.constant("marks.w", given["marks.weight"].T)], "marks.sum")], "marked")
        prefix = f"layers.{number}."
        x = _layer(graph, x, f"layer{number}", {k.removeprefix(prefix): v for k, v in given.items() if k.startswith(prefix)})
    x = graph.node("MatMul", [x, graph.constant("heads.w", given["heads.weight"].T)], "heads")
    graph.node("Add", [x, graph.constant("heads.b", given["heads.bias"])], "numbers")
    made = helper.make_graph(
        graph.nodes,
        "khronika",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"]),
            helper.make_tensor_value_info("marks", TensorProto.FLOAT, ["batch", "length", len(layout.MARKS)]),
        ],
        [helper.make_tensor_value_info("numbers", TensorProto.FLOAT, ["batch", "length", layout.WIDTH])],
        graph.constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(FUSED, 1)])
    model.ir_version = 9
    return model


def averaged(checkpoints: list[Path]) -> dict[str, torch.Tensor]:
    """The weights of one run at several steps, averaged: later ones know the training texts too well, earlier ones too little."""
    states = [torch.load(path, weights_only=True) for path in checkpoints]
    means = {name: sum(state["average"][name] for state in states) / len(states) for name in states[0]["average"]}
    return dict(states[0]["network"] | means)


def pack(checkpoints: list[Path], out: Path, note: str) -> None:
    """Write model.onnx, vocab.txt and settings.json (with starting thresholds; `train.extractor.tune` chooses them)."""
    network = Network()
    network.load_state_dict(averaged(checkpoints))
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(to_onnx(network), str(out / "model.onnx"))
    shutil.copy(base_folder() / "vocab.txt", out / "vocab.txt")
    settings = {
        "format": layout.FORMAT,
        "heads": layout.HEADS,
        "digests": {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in ("model.onnx", "vocab.txt")},
        "far": network.far.tolist(),
        "role_far": network.role_far.tolist(),
        **START,
        "least": LEAST,
        "note": note,
    }
    (out / "settings.json").write_bytes(msgspec.json.format(msgspec.json.encode(settings), indent=1))


def main() -> None:
    """Options of the command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--note", default="")
    args = parser.parse_args()
    pack(args.checkpoints, args.out, args.note)


if __name__ == "__main__":
    main()
