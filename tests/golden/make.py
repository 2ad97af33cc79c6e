"""Compute values and gradients with PyTorch and keep them: make torch, then `python tests/golden/make.py`.

Each file holds, in float64, a layer's inputs, its parameters, the gradient that comes from above (`d_…` of a result),
its results, and the gradients that PyTorch finds (`d_…` of an input, `grads.…` of a parameter). Names with dots are
the paths of a tree: `unflatten(np.load(path))`. Pages and tests compare the package with them, so that nobody who
reads needs PyTorch.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

FOLDER = Path(__file__).parent
LENGTHS = [2, 4, 1]


def main(folder=FOLDER):
    for name, values in golden().items():
        np.savez(folder / f"{name}.npz", **values)


def golden():
    """Return a dict from the name of a file to what stands in it, itself a dict from name to array."""
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    files = {"embedding": embedding(), "gru_reset_before": gru_reset_before()}
    for cell in ("rnn", "gru", "lstm"):
        files[cell] = recurrent(cell, num_layers=1, directions=1)
        files[f"{cell}_layers"] = recurrent(cell, num_layers=2, directions=2)
        files[f"{cell}_lengths"] = recurrent(cell, 2, 2, LENGTHS)
    files["generator"] = generator()
    files["loss"] = loss()
    files["loss_smoothed"] = loss(label_smoothing=0.1)
    for context in ("initial", "every_step"):
        files[f"decoder_{context}"] = decoder(context)
        files[f"seq2seq_{context}"] = seq2seq(context)
    return files


def draw(seed, **shapes):
    """Return standard normal leaves of the given shapes, in order."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(shape, generator=generator).requires_grad_()
        for name, shape in shapes.items()
    }


def record(inputs, params, results, d_results, extra=None):
    """Walk back from `results` weighted with `d_results`, and return all of it as arrays by name."""
    leaves = {**inputs, **params}
    total = sum((results[name] * d).sum() for name, d in d_results.items())
    found = dict(zip(leaves, torch.autograd.grad(total, list(leaves.values()))))
    values = {
        **inputs,
        **{f"params.{name}": p for name, p in params.items()},
        **results,
        **{f"d_{name}": d for name, d in d_results.items()},
        **{f"d_{name}": found[name] for name in inputs},
        **{f"grads.{name}": found[name] for name in params},
    }
    arrays = {name: value.detach().numpy() for name, value in values.items()}
    return {
        **arrays,
        **{name: np.asarray(value) for name, value in (extra or {}).items()},
    }


def embedding():
    """Four steps of two sentences in which words 4 and 5 occur more than once."""
    params = draw(0, weight=(7, 3))
    tokens = torch.tensor([[4, 5], [6, 4], [4, 5], [2, 0]])
    vectors = F.embedding(tokens, params["weight"])
    above = draw(1, vectors=tuple(vectors.shape))
    return record({}, params, {"vectors": vectors}, above, {"tokens": tokens})


def recurrent(cell, num_layers, directions, lengths=None, T=4, B=3, E=2, H=3):
    """A layer of PyTorch's, with random biases and start state."""
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    layer = getattr(nn, cell.upper())(E, H, num_layers, bidirectional=directions == 2)
    shapes = {name: tuple(p.shape) for name, p in layer.named_parameters()}
    assert shapes["weight_hh_l0"] == (gates * H, H)
    params = draw(2, **shapes)
    states = ("h", "c") if cell == "lstm" else ("h",)
    state_shape = (num_layers * directions, B, H)
    inputs = draw(3, x=(T, B, E), **{f"{s}0": state_shape for s in states})
    state_0 = tuple(inputs[f"{s}0"] for s in states)
    x = inputs["x"]
    if lengths is not None:
        x = pack_padded_sequence(x, lengths, enforce_sorted=False)
    start = state_0 if cell == "lstm" else state_0[0]
    output, state_n = torch.func.functional_call(layer, params, (x, start))
    if lengths is not None:
        output, _ = pad_packed_sequence(output, total_length=T)
    state_n = state_n if cell == "lstm" else (state_n,)
    results = {"output": output, **{f"{s}_n": part for s, part in zip(states, state_n)}}
    above = draw(4, **{name: tuple(value.shape) for name, value in results.items()})
    extra = None if lengths is None else {"lengths": lengths}
    return record(inputs, params, results, above, extra)


def gru_reset_before(T=4, B=3, E=2, H=3):
    """The equations of Cho et al. 2014, written with PyTorch's operations: no layer of PyTorch's has them."""
    params = draw(
        5,
        weight_ih_l0=(3 * H, E), weight_hh_l0=(3 * H, H), bias_ih_l0=(3 * H,), bias_hh_l0=(3 * H,),
    )  # fmt: skip
    W_ir, W_iz, W_in = params["weight_ih_l0"].chunk(3)
    W_hr, W_hz, W_hn = params["weight_hh_l0"].chunk(3)
    b_ir, b_iz, b_in = params["bias_ih_l0"].chunk(3)
    b_hr, b_hz, b_hn = params["bias_hh_l0"].chunk(3)
    inputs = draw(6, x=(T, B, E), h0=(1, B, H))
    h, states = inputs["h0"][0], []
    for x in inputs["x"]:
        r = torch.sigmoid(F.linear(x, W_ir, b_ir) + F.linear(h, W_hr, b_hr))
        z = torch.sigmoid(F.linear(x, W_iz, b_iz) + F.linear(h, W_hz, b_hz))
        n = torch.tanh(F.linear(x, W_in, b_in) + F.linear(r * h, W_hn, b_hn))
        h = (1 - z) * n + z * h
        states.append(h)
    results = {"output": torch.stack(states), "h_n": h[None]}
    above = draw(7, **{name: tuple(value.shape) for name, value in results.items()})
    return record(inputs, params, results, above)


def generator(T=3, B=2, V=6, H=4):
    params = draw(8, weight=(V, H), bias=(V,))
    inputs = draw(9, h=(T, B, H))
    log_probs = F.log_softmax(F.linear(inputs["h"], **params), dim=-1)
    above = draw(10, log_probs=tuple(log_probs.shape))
    return record(inputs, params, {"log_probs": log_probs}, above)


def loss(label_smoothing=0.0, T=4, B=3, V=6, H=4):
    """The mean over the real words; PyTorch leaves a padded step out by its number, −100."""
    params = draw(8, weight=(V, H), bias=(V,))
    inputs = draw(11, h=(T, B, H))
    targets = torch.tensor([[4, 5, 2], [2, 3, 0], [0, 4, 0], [0, 2, 0]])
    real = torch.arange(T)[:, None] < torch.tensor(LENGTHS)
    scores = F.linear(inputs["h"], **params)
    results = {
        "loss": F.cross_entropy(
            scores.reshape(-1, V),
            torch.where(real, targets, -100).reshape(-1),
            label_smoothing=label_smoothing,
        )
    }
    return record(
        inputs,
        params,
        results,
        {"loss": torch.ones(())},
        {"targets": targets, "lengths": LENGTHS},
    )


def decoder(context, T=4, B=3, V=7, E=2, H=3):
    """Embedding and GRU from a start state; with a context at every step, it goes in and out beside the state."""
    every_step = context == "every_step"
    layer = nn.GRU(E + (H if every_step else 0), H)
    shapes = {f"rnn.{name}": tuple(p.shape) for name, p in layer.named_parameters()}
    params = draw(13, **{"embedding.weight": (V, E)}, **shapes)
    tokens = torch.tensor([[1, 1, 1], [4, 6, 5], [5, 3, 5], [4, 4, 6]])
    inputs = draw(14, state_0=(1, B, H), **({"context": (B, H)} if every_step else {}))
    vectors = F.embedding(tokens, params["embedding.weight"])
    c = inputs["context"].expand(T, B, H) if every_step else vectors[:, :, :0]
    own = {name.removeprefix("rnn."): params[name] for name in shapes}
    x = torch.cat([vectors, c], dim=2)
    output, h_n = torch.func.functional_call(layer, own, (x, inputs["state_0"]))
    around = [vectors, output, c] if every_step else [output]
    results = {"features": torch.cat(around, dim=2), "state_n": h_n}
    above = draw(15, **{name: tuple(value.shape) for name, value in results.items()})
    return record(inputs, params, results, above, {"inputs": tokens})


def seq2seq(context, V=9, E=4, H=6, B=3):
    """The whole model: the mean loss of a padded batch, and the gradient of every parameter."""
    wide = 0 if context == "initial" else H
    features = H + (E + H if wide else 0)
    shapes = {"encoder.embedding.weight": (V, E), "decoder.embedding.weight": (V, E)}
    for part, size in (("encoder", E), ("decoder", E + wide)):
        shapes[f"{part}.rnn.weight_ih_l0"] = (3 * H, size)
        shapes[f"{part}.rnn.weight_hh_l0"] = (3 * H, H)
        shapes[f"{part}.rnn.bias_ih_l0"] = shapes[f"{part}.rnn.bias_hh_l0"] = (3 * H,)
    shapes |= {"generator.weight": (V, features), "generator.bias": (V,)}
    params = draw(12, **shapes)

    source = torch.tensor([[4, 5, 6], [7, 8, 4], [5, 0, 6], [0, 0, 7]])
    target = torch.tensor([[5, 7, 8], [4, 2, 8], [2, 0, 6], [0, 0, 2]])
    source_lengths, target_lengths = [3, 2, 4], [3, 2, 4]

    def rnn(part, x, h_0, lengths):
        layer = nn.GRU(x.shape[2], H)
        own = {
            n.split(".")[2]: p for n, p in params.items() if n.startswith(f"{part}.rnn")
        }
        x = pack_padded_sequence(x, lengths, enforce_sorted=False)
        output, h_n = torch.func.functional_call(layer, own, (x, h_0))
        return pad_packed_sequence(output)[0], h_n

    vectors = F.embedding(source, params["encoder.embedding.weight"])
    _, h_n = rnn("encoder", vectors, torch.zeros(1, B, H), source_lengths)
    inputs = torch.cat([torch.ones(1, B, dtype=torch.int64), target[:-1]])  # BOS is 1
    vectors = F.embedding(inputs, params["decoder.embedding.weight"])
    if context == "initial":
        x, around = vectors, lambda output: output
    else:
        c = h_n.expand(len(target), B, H)
        x = torch.cat([vectors, c], dim=2)

        def around(output):
            return torch.cat([vectors, output, c], dim=2)

    output, _ = rnn("decoder", x, h_n, target_lengths)
    scores = F.linear(
        around(output), params["generator.weight"], params["generator.bias"]
    )
    real = torch.arange(len(target))[:, None] < torch.tensor(target_lengths)
    mean = F.cross_entropy(scores[real], target[real])
    return record(
        {},
        params,
        {"loss": mean},
        {"loss": torch.ones(())},
        {
            "source": source,
            "source_lengths": source_lengths,
            "target": target,
            "target_lengths": target_lengths,
        },
    )


if __name__ == "__main__":
    main()
