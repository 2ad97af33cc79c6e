"""The contestant PyTorch, eager and compiled: the same model as a `torch.nn.Module`."""

import torch
from machine import num_threads
from problem import LEARNING_RATE, MAX_NORM, is_full
from torch import nn
from torch.nn.functional import cross_entropy, log_softmax
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from s2s_np import BOS, EOS, PAD, shift_right


class Reader(nn.Module):
    """Embedding and GRU: the encoder's parameters, or the decoder's."""

    def __init__(self, V, E, H):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.rnn = nn.GRU(E, H)

    def forward(self, words, h=None, lengths=None):
        """Return the states `(T, B, H)` and the last one `(1, B, H)`; `lengths (B,)` None means no padding."""
        vectors = self.embedding(words)
        if lengths is None:
            return self.rnn(vectors, h)
        packed = pack_padded_sequence(vectors, lengths, enforce_sorted=False)
        output, h = self.rnn(packed, h)
        return pad_packed_sequence(output)[0], h

    def step(self, words, h):
        """Feed one word to each sentence: `words (B,)`, state `(B, H)`; return the next state.

        `torch.gru_cell` takes a tenth less time for one step than `torch.nn.GRU` does.
        """
        return torch.gru_cell(self.embedding(words), h, *self.rnn.parameters())


class TorchModel(nn.Module):
    """The module that takes `Seq2Seq.state_dict()`: one GRU layer each, `context="initial"`."""

    def __init__(self, V, E, H):
        super().__init__()
        self.encoder = Reader(V, E, H)
        self.decoder = Reader(V, E, H)
        self.generator = nn.Linear(H, V)

    def loss(self, source, inputs, target, source_lengths, target_lengths):
        _, h = self.encoder(source, None, source_lengths)
        output, _ = self.decoder(inputs, h, target_lengths)
        scores = self.generator(output)  # (T_t, B, V)
        return cross_entropy(scores.flatten(0, 1), target.flatten(), ignore_index=PAD)


class PyTorch:
    """A training step and the searches as a practised user of PyTorch writes them, from the numbers of `model`."""

    name = "PyTorch"

    def __init__(self, model):
        torch.set_num_threads(num_threads())
        E, H = model.config["embedding_size"], model.config["hidden_size"]
        self.module = TorchModel(len(model.target_vocab), E, H)
        numbers = {
            name: torch.tensor(array) for name, array in model.state_dict().items()
        }
        self.module.load_state_dict(numbers)
        self.loss = self.module.loss
        parameters = self.module.parameters()
        self.adam = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)

    def prepare(self, batch):
        inputs = shift_right(batch.target, batch.target_lengths)
        words = [torch.tensor(w) for w in (batch.source, inputs, batch.target)]
        if is_full(batch):
            return *words, None, None
        lengths = (batch.source_lengths, batch.target_lengths)
        return *words, *map(torch.tensor, lengths)

    def step(self, prepared):
        self.adam.zero_grad()
        loss = self.loss(*prepared)
        loss.backward()
        nn.utils.clip_grad_norm_(self.module.parameters(), MAX_NORM)
        self.adam.step()
        return loss.item()

    @torch.inference_mode()
    def greedy(self, source, lengths, max_length):
        h = self._encode(source, lengths)  # (B, H)
        words = torch.full((len(h),), BOS)
        ended = torch.zeros(len(h), dtype=torch.bool)
        found = []
        for _ in range(max_length):
            h = self.module.decoder.step(words, h)
            words = self.module.generator(h).argmax(dim=1)
            found.append(words)
            ended |= words == EOS
            if ended.all():
                break
        return [up_to_eos(row) for row in torch.stack(found, dim=1).tolist()]

    @torch.inference_mode()
    def beam(self, source, lengths, max_length, beam_size):
        """All beams are rows of one batch; one that has ended stays, takes PAD and neither gains nor loses."""
        h = self._encode(source, lengths).repeat_interleave(beam_size, dim=0)
        batch, V = source.shape[1], self.module.generator.out_features
        first = torch.arange(batch)[:, None] * beam_size  # (B, 1) each beam's first row
        words = torch.full((batch * beam_size,), BOS)
        ended = torch.zeros(batch * beam_size, dtype=torch.bool)
        totals = torch.full((batch, beam_size), -torch.inf)  # log P of each beam
        totals[:, 0] = 0  # at first all rows of a sentence are the same: use one
        found = torch.empty(batch * beam_size, 0, dtype=torch.long)
        stay = torch.full((V,), -torch.inf)
        stay[PAD] = 0
        for _ in range(max_length):
            h = self.module.decoder.step(words, h)
            log_probs = log_softmax(self.module.generator(h), dim=1)
            log_probs = torch.where(ended[:, None], stay, log_probs)
            candidates = totals[..., None] + log_probs.view(batch, beam_size, V)
            totals, place = candidates.flatten(1).topk(beam_size)  # (B, K)
            rows = (first + place // V).flatten()
            words = (place % V).flatten()
            h, found = h[rows], torch.cat([found[rows], words[:, None]], dim=1)
            ended = ended[rows] | (words == EOS)
            if ended.all():
                break
        return [up_to_eos(row) for row in found[::beam_size].tolist()]

    def _encode(self, source, lengths):
        full = (lengths == len(source)).all()
        lengths = None if full else torch.tensor(lengths)
        return self.module.encoder(torch.tensor(source), None, lengths)[1][0]


class CompiledPyTorch(PyTorch):
    """The same with the loss, and so its backward pass, compiled by `torch.compile`.

    TorchDynamo does not look into `torch.nn.GRU`: it breaks the graph there, and the rest is compiled.
    """

    name = "PyTorch, compiled"

    def __init__(self, model):
        super().__init__(model)
        self.loss = torch.compile(self.module.loss)


def up_to_eos(words):
    """Return the words as a tuple that ends with the first EOS."""
    return tuple(words[: words.index(EOS) + 1] if EOS in words else words)
