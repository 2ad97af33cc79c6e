"""Sequence to sequence from scratch: every forward and backward pass by hand, on NumPy and CuPy."""

from .array import to_device, to_host
from .batch import Batch, make_batches
from .checkpoint import CheckpointError
from .decoder import decoder, shift_right
from .dropout import dropout
from .embedding import embedding
from .encoder import encoder
from .frames import Frames
from .generator import generator
from .gru import gru, gru_cell
from .loss import cross_entropy, generator_loss, token_log_probs
from .lstm import lstm, lstm_cell
from .optim import Adam, clip, warmup_linear
from .rnn import rnn, rnn_cell
from .search import Hypothesis, beam_search, best_first_search, greedy_search
from .seq2seq import Seq2Seq
from .train import NonFiniteLossError
from .vocab import BOS, EOS, PAD, UNK, Vocab

__version__ = "0.1.0"

__all__ = [
    "BOS", "EOS", "PAD", "UNK", "Adam", "Batch", "CheckpointError", "Frames", "Hypothesis", "NonFiniteLossError",
    "Seq2Seq", "Vocab", "beam_search", "best_first_search", "clip", "cross_entropy", "decoder", "dropout", "embedding",
    "encoder", "generator", "generator_loss", "greedy_search", "gru", "gru_cell", "lstm", "lstm_cell",
    "make_batches", "rnn", "rnn_cell", "shift_right", "to_device", "to_host", "token_log_probs", "warmup_linear",
]  # fmt: skip
