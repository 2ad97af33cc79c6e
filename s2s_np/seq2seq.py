"""The whole model: encoder, decoder and generator under one roof (book: architecture/index)."""

import warnings
from typing import Any, NamedTuple

import numpy as np

from . import train
from .array import array_module, check_tokens, device_module, to_device, to_host
from .batch import batches_of, encode_pairs, encode_texts, pad
from .checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from .decoder import decoder, decoder_step, shift_right
from .dropout import dropout
from .embedding import init_embedding
from .encoder import encoder
from .frames import Frames
from .generator import generator, init_generator
from .gru import gru, gru_step
from .loss import generator_loss, token_log_probs
from .lstm import lstm, lstm_step
from .padding import reverse_within_lengths
from .recurrent import init_recurrent
from .resume import PREFIX
from .rnn import rnn, rnn_step
from .scheduled_sampling import check_teacher_forcing, mix_inputs
from .search import beam_search, greedy_search
from .tree import flatten, tree_map, unflatten
from .vocab import EOS, Vocab


class Cell(NamedTuple):
    """A recurrent layer, its step, its number of blocks in a weight, and the block whose bias starts at 1."""

    layer: Any
    step: Any
    gates: int
    open_gate: int | None


CELLS = {
    "rnn": Cell(rnn, rnn_step, 1, None),
    "gru": Cell(gru, gru_step, 3, 1),
    "lstm": Cell(lstm, lstm_step, 4, 1),
}
CONTEXTS = ("initial", "every_step")
TEXTS_AT_ONCE = 256  # sentences that are encoded, translated or scored side by side


class DecoderState(NamedTuple):
    """What the decoder carries from step to step, for `R` sentences side by side.

    recurrent: (L, R, H), for an LSTM a pair of them
    context: None, or (R, H) the source's vector that every step reads
    """

    recurrent: Any
    context: Any

    def select(self, rows):
        """Return the state of the sentences `rows`, integers on the host, in that order; one may stand twice."""
        recurrent = self.recurrent
        parts = _parts(recurrent)
        rows = array_module(parts[0]).asarray(rows)
        parts = tuple(part[:, rows] for part in parts)
        context = None if self.context is None else self.context[rows]
        return DecoderState(
            parts if isinstance(recurrent, tuple) else parts[0], context
        )


class Seq2Seq:
    """A sequence-to-sequence model: P(Y|X), to be trained and to translate with.

        h_n^src = encoder(X),    H^tgt = decoder([BOS; Y[:-1]], h_n^src),    P(y_t | X, y_{<t}) = generator(h_t^tgt)

    Arguments
        source_vocab, target_vocab: `Vocab`; the first may be `Frames(D)`: the sources are then arrays `(T, D)`
        embedding_size: E; frames have no embedding
        hidden_size: H, of the encoder's joined directions and of the decoder; even if `bidirectional`
        num_layers: L, in encoder and decoder alike
        cell: "gru", "lstm" or "rnn"
        bidirectional: the encoder also reads backwards, with H/2 units for each direction
        context: "initial", the source's vector is where the decoder starts; "every_step", it is also an input of
            each step of decoder and generator (Cho et al. 2014)
        reverse_source: read the source from its end (Sutskever, Vinyals and Le 2014)
        dropout: share of values zeroed in training: of word vectors, between layers, before the generator
        dtype: "float32" or "float64"
        seed: of the initial parameters, the order of batches and the dropout masks
    Raises ValueError for settings that make no sense, TypeError for what is not a vocabulary.
    """

    def __init__(
        self,
        source_vocab,
        target_vocab,
        embedding_size=64,
        hidden_size=128,
        num_layers=1,
        cell="gru",
        bidirectional=False,
        context="initial",
        reverse_source=False,
        dropout=0.0,
        dtype="float32",
        seed=0,
    ):
        self.config = {
            "embedding_size": embedding_size, "hidden_size": hidden_size, "num_layers": num_layers, "cell": cell,
            "bidirectional": bidirectional, "context": context, "reverse_source": reverse_source, "dropout": dropout,
            "dtype": np.dtype(dtype).name, "seed": seed,
        }  # fmt: skip
        _check_config(source_vocab, target_vocab, self.config)
        self.source_vocab, self.target_vocab = source_vocab, target_vocab
        self.device = "cpu"
        self.rng = np.random.default_rng(seed)
        self.params = _init_params(
            self.rng, source_vocab, len(target_vocab), self.config
        )
        self._mask_rng = np.random.default_rng([seed, 1])

    @property
    def num_parameters(self):
        """How many numbers the model learns."""
        return sum(array.size for array in flatten(self.params).values())

    @property
    def mask_rng(self):
        """The random numbers that a step of training draws: those of dropout and of scheduled sampling."""
        return self._mask_rng

    def __repr__(self):
        settings = ", ".join(f"{name}={value!r}" for name, value in self.config.items())
        return f"Seq2Seq({self.source_vocab}, {self.target_vocab}, {settings})"

    # The model as a function of its parameters ---------------------------------------------------------------

    def encode_source(self, source, lengths=None, drop=None):
        """Read `source (T_s, B)`, or frames `(T_s, B, D)`; return `(H^src (T_s, B, H), state), backward`, as `encoder`.

        With `reverse_source` the first step of H^src belongs to the last word.
        """
        if self.config["reverse_source"]:
            source = reverse_within_lengths(source, lengths)
        if isinstance(self.source_vocab, Frames):
            source = source.astype(self.config["dtype"], copy=False)
        return encoder(self.params["encoder"], source, lengths, self._rnn, drop)

    def start(self, source, lengths=None):
        """Return the `DecoderState` before the first word of the translations of `source (T_s, B)`."""
        (_, state), _ = self.encode_source(source, lengths)
        return DecoderState(state, self._context(state))

    def step(self, tokens, state):
        """Feed one word to each sentence: `tokens (R,)` and a state give `log P(·|X, y_<t) (R, V)` and the next state.

        Raises ValueError for EOS, which is never an input.
        """
        if isinstance(tokens, (list, np.ndarray)):  # of tokens on a GPU nothing is read
            tokens = np.asarray(tokens)
            check_tokens("tokens", tokens, len(self.target_vocab))
            if EOS in tokens:
                raise ValueError("EOS ends a sentence and is never fed to the decoder")
            tokens = to_device(tokens, self.device)
        features, parts = decoder_step(
            self.params["decoder"],
            tokens,
            _parts(state.recurrent),
            state.context,
            CELLS[self.config["cell"]].step,
        )
        log_probs, _ = generator(self.params["generator"], features)
        recurrent = parts if isinstance(state.recurrent, tuple) else parts[0]
        return log_probs, DecoderState(recurrent, state.context)

    def loss(self, batch):
        """Return the mean negative log-probability of the batch's target words, in nats, without dropout."""
        return -self.token_log_probs(batch).sum() / int(np.sum(batch.target_lengths))

    def token_log_probs(self, batch):
        """Return log P(y_t | X, y_<t) of every target word of the batch, `(T_t, B)`, zero at padded steps."""
        batch = self._to_device(batch)
        state = self.start(batch.source, batch.source_lengths)
        inputs = shift_right(batch.target, batch.target_lengths)
        (features, _), _ = decoder(
            self.params["decoder"],
            inputs,
            state.recurrent,
            batch.target_lengths,
            state.context,
            self._rnn,
        )
        return token_log_probs(
            self.params["generator"], features, batch.target, batch.target_lengths
        )

    def loss_and_grads(self, batch, rng=None, label_smoothing=0.0, teacher_forcing=1.0):
        """Return the batch's loss, as `loss` does but with dropout and label smoothing, and its gradients.

        The gradients are the same tree as `params`. `rng`, a Generator of the model's array library, draws the
        dropout masks and the words to feed; None takes the model's own, which moves on with every call.
        `label_smoothing`, at least 0 and below 1, is that of `generator_loss`. Each word that the decoder reads is the
        right one with probability `teacher_forcing`, otherwise the model's own, as `mix_inputs` chooses it.
        """
        check_teacher_forcing(teacher_forcing)
        batch = self._to_device(batch)
        drop = self._dropout_layer(rng)
        (_, state), encoder_backward = self.encode_source(
            batch.source, batch.source_lengths, drop
        )
        inputs = shift_right(batch.target, batch.target_lengths)
        if teacher_forcing < 1:  # the model chooses as it does in use: without dropout
            start = self.start(batch.source, batch.source_lengths)
            inputs = mix_inputs(
                self.step, start, inputs, teacher_forcing, rng or self._mask_rng
            )
        (features, _), decoder_backward = decoder(
            self.params["decoder"],
            inputs,
            state,
            batch.target_lengths,
            self._context(state),
            self._rnn,
            drop,
        )
        loss, loss_backward = generator_loss(
            self.params["generator"],
            features,
            batch.target,
            batch.target_lengths,
            label_smoothing=label_smoothing,
        )

        d_features, d_generator = loss_backward()
        d_state, d_context, d_decoder = decoder_backward(d_features)
        if d_context is not None:  # c is the last layer of the same state
            (d_state[0] if isinstance(d_state, tuple) else d_state)[-1] += d_context
        d_encoder = encoder_backward(None, d_state)
        return loss, {
            "encoder": d_encoder,
            "decoder": d_decoder,
            "generator": d_generator,
        }

    def _to_device(self, batch):
        """Return the batch where the model is, its word ids checked on the way: on a GPU nothing looks at them."""
        if self.device != "cpu" and array_module(batch.source) is np:
            if isinstance(self.source_vocab, Vocab):
                check_tokens("source", batch.source, len(self.source_vocab))
            check_tokens("target", batch.target, len(self.target_vocab))
        return batch.to(self.device)

    @property
    def _rnn(self):
        return CELLS[self.config["cell"]].layer

    def _context(self, state):
        """Return c = h_n^src of the last layer, `(B, H)`, or None for a model that reads it at the start only."""
        if self.config["context"] == "initial":
            return None
        return (state[0] if isinstance(state, tuple) else state)[-1]

    def _dropout_layer(self, rng):
        rate = self.config["dropout"]
        return (lambda x: dropout(x, rate, rng or self._mask_rng)) if rate else None

    # From text to text ---------------------------------------------------------------------------------------

    def fit(self, train_pairs, valid_pairs=None, **settings):
        """Train on pairs of texts, in place; the settings, result and errors are those of `train.fit`."""
        return train.fit(self, train_pairs, valid_pairs, **settings)

    def translate(self, texts, beam_size=1, max_length=100, length_penalty=0.0):
        """Return the best translation of each text that `search` finds, as a list of strings."""
        found = self.search(texts, beam_size, max_length, length_penalty)
        return [self.target_vocab.decode(hypotheses[0].tokens) for hypotheses in found]

    def search(self, texts, beam_size=1, max_length=100, length_penalty=0.0):
        """Return for each text a list of `Hypothesis`, the best first; `beam_size=1` is greedy search.

        Raises TypeError for one string in place of a list, ValueError for an empty list or text, and warns of
        tokens that are not in the source vocabulary, which are read as UNK.
        """
        if beam_size < 1 or max_length < 1:
            raise ValueError(
                f"beam_size is {beam_size} and max_length {max_length}; expected at least 1 each"
            )
        found = {}
        for chosen, source, lengths in self._sources(texts):
            state = self.start(source, lengths)
            if beam_size == 1:
                results = [
                    [best]
                    for best in greedy_search(self.step, state, len(chosen), max_length)
                ]
            else:
                results = beam_search(
                    self.step, state, len(chosen), beam_size, max_length, length_penalty
                )
            found.update(zip(chosen, results))
        return [found[i] for i in range(len(found))]

    def encode(self, texts):
        """Return the sentence vectors h_n^src of the last layer, `(N, H)`, one row a text; errors as in `search`."""
        vectors = None
        for chosen, source, lengths in self._sources(texts):
            (_, state), _ = self.encode_source(source, lengths)
            last = (state[0] if isinstance(state, tuple) else state)[-1]  # (B, H)
            if vectors is None:
                vectors = array_module(last).empty(
                    (len(texts), last.shape[1]), last.dtype
                )
            vectors[array_module(last).asarray(chosen)] = last
        return vectors

    def log_probs(self, pairs):
        """Return log P(Y|X), in nats, of each (source text, target text), EOS included: a NumPy array `(N,)`."""
        encoded = encode_pairs(pairs, self.source_vocab, self.target_vocab)
        result = np.empty(len(encoded))
        order = np.argsort([len(source) for source, _ in encoded], kind="stable")
        for chosen in np.split(order, range(TEXTS_AT_ONCE, len(order), TEXTS_AT_ONCE)):
            (batch,) = batches_of([encoded[i] for i in chosen], len(chosen))
            result[chosen] = to_host(self.token_log_probs(batch).sum(axis=0))
        return result

    def _sources(self, texts):
        """Yield `(indices, source (T_s, B), lengths)` of groups of texts of like length; warn of unknown tokens."""
        sequences = encode_texts(texts, self.source_vocab)
        for i, text in enumerate(texts):
            if unknown := self.source_vocab.unknown(text):
                warnings.warn(
                    f"texts[{i}] {text!r}: {', '.join(map(repr, unknown))} not in the source vocabulary, read as UNK",
                    stacklevel=4,
                )
        order = np.argsort([len(sequence) for sequence in sequences], kind="stable")
        for chosen in np.split(order, range(TEXTS_AT_ONCE, len(order), TEXTS_AT_ONCE)):
            source, lengths = pad([sequences[i] for i in chosen])
            yield chosen.tolist(), to_device(source, self.device), lengths

    # Where the parameters are, and how they are kept ---------------------------------------------------------

    def to(self, device):
        """Move the model to "cpu" or "cuda", in place, and return it; raises as `to_device` does."""
        xp = device_module(device)
        self.params = tree_map(lambda array: to_device(array, device), self.params)
        if device != self.device:
            self._mask_rng = xp.random.default_rng([self.config["seed"], 1])
        self.device = device
        return self

    def state_dict(self):
        """Return all parameters by name, copied to the host; a torch module of the same shape takes them."""
        return {
            name: np.array(to_host(array))
            for name, array in flatten(self.params).items()
        }

    def load_state_dict(self, state_dict):
        """Replace all parameters, in place.

        Raises ValueError, before anything is replaced, for a missing or unknown name, another shape, and what are no
        real numbers.
        """
        own = flatten(self.params)
        given = {name: np.asarray(array) for name, array in state_dict.items()}
        if missing := sorted(own.keys() - given.keys()):
            raise ValueError(
                f"{missing[0]} is missing ({len(missing)} of {len(own)} parameters are)"
            )
        if unknown := sorted(given.keys() - own.keys()):
            raise ValueError(
                f"{unknown[0]} is not a parameter of this model; it has {', '.join(own)}"
            )
        for name, array in own.items():
            if given[name].shape != array.shape:
                raise ValueError(
                    f"{name} has shape {given[name].shape}; this model's has {array.shape}"
                )
            if given[name].dtype.kind not in "fiu":
                raise ValueError(
                    f"{name} is of type {given[name].dtype}; expected real numbers"
                )
        self.params = unflatten(
            {
                name: to_device(given[name].astype(self.config["dtype"]), self.device)
                for name in own
            }
        )

    @property
    def description(self):
        """What a file says of the model beside its parameters: settings and vocabularies, as JSON has them."""
        return {
            "config": self.config,
            "source_vocab": _vocab_description(self.source_vocab),
            "target_vocab": _vocab_description(self.target_vocab),
        }

    def save(self, path):
        """Write settings, vocabularies and parameters to a safetensors file, all or nothing."""
        save_checkpoint(path, self.state_dict(), self.description)

    @classmethod
    def load(cls, path):
        """Read a model that `save`, or `fit` with its checkpoint, wrote; it starts on the CPU.

        Raises FileNotFoundError, or CheckpointError for a file that is truncated, of another shape or kind. Nothing
        is made that is larger than a few times the file, whatever the file says.
        """
        tensors, description = load_checkpoint(path)
        params = {
            name: array
            for name, array in tensors.items()
            if not name.startswith(PREFIX)
        }
        try:
            source_vocab, target_vocab = (
                _vocab(description[name]) for name in ("source_vocab", "target_vocab")
            )
            config = description["config"]
            _check_config(source_vocab, target_vocab, config)
            _check_size(source_vocab, len(target_vocab), config, params)
            model = cls(source_vocab, target_vocab, **config)
            model.load_state_dict(params)
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"{path} does not hold a model of this package: {error}"
            ) from error
        return model


def _parts(state):
    """Return the arrays of a recurrent state as a tuple: one, or an LSTM's two."""
    return state if isinstance(state, tuple) else (state,)


def _vocab_description(vocab):
    """Return what JSON can say of a vocabulary, or of frames."""
    if isinstance(vocab, Frames):
        return {"size": vocab.size}
    return {"level": vocab.level, "tokens": vocab.tokens}


def _vocab(description):
    """Undo `_vocab_description`."""
    return Frames(**description) if "size" in description else Vocab(**description)


def _check_config(source_vocab, target_vocab, config):
    if not isinstance(source_vocab, (Vocab, Frames)):
        raise TypeError(
            f"source_vocab is a {type(source_vocab).__name__}; expected a Vocab, or Frames"
        )
    if not isinstance(target_vocab, Vocab):
        raise TypeError(
            f"target_vocab is a {type(target_vocab).__name__}; expected a Vocab"
        )
    for name in ("embedding_size", "hidden_size", "num_layers"):
        if not isinstance(config[name], int) or config[name] < 1:
            raise ValueError(
                f"{name} is {config[name]!r}; expected a whole number of at least 1"
            )
    for name, choices in (
        ("cell", CELLS),
        ("context", CONTEXTS),
        ("dtype", ("float32", "float64")),
    ):
        if config[name] not in choices:
            raise ValueError(
                f"{name} is {config[name]!r}; expected one of {', '.join(choices)}"
            )
    if not 0 <= config["dropout"] < 1:
        raise ValueError(f"dropout is {config['dropout']}; expected 0 <= dropout < 1")
    if config["bidirectional"] and config["hidden_size"] % 2:
        raise ValueError(
            f"hidden_size is {config['hidden_size']}; two directions need an even number"
        )


def _check_size(source_vocab, target_size, config, params):
    """Raise ValueError if a model of these settings would be much larger than the parameters that are there for it."""
    E, H, L = config["embedding_size"], config["hidden_size"], config["num_layers"]
    gates = CELLS[config["cell"]].gates
    every_step = config["context"] == "every_step"

    def layers(input_size, width, directions):
        first, other = (gates * width * (size + width + 2) for size in (input_size, H))
        return directions * (first + (L - 1) * other)

    frames = isinstance(source_vocab, Frames)
    directions = 2 if config["bidirectional"] else 1
    wanted = (
        (0 if frames else len(source_vocab) * E)
        + layers(source_vocab.size if frames else E, H // directions, directions)
        + target_size * E
        + layers(E + H if every_step else E, H, 1)
        + target_size * (1 + (E + 2 * H if every_step else H))
    )
    given = sum(array.size for array in params.values())
    if wanted > 2 * given:  # the encoder of a subclass may be another
        raise ValueError(
            f"its settings make a model of {wanted} numbers, but it holds {given}"
        )


def _init_params(rng, source_vocab, target_size, config):
    """Draw the initial parameters, in float64 so that both dtypes start from the same numbers."""
    E, H, L = config["embedding_size"], config["hidden_size"], config["num_layers"]
    _, _, gates, open_gate = CELLS[config["cell"]]
    directions = 2 if config["bidirectional"] else 1
    every_step = config["context"] == "every_step"
    encoder_params, input_size = {}, E
    if isinstance(source_vocab, Frames):
        input_size = source_vocab.size
    else:
        encoder_params["embedding"] = init_embedding(rng, len(source_vocab), E)
    encoder_params["rnn"] = init_recurrent(
        rng, gates, input_size, H // directions, L, config["bidirectional"], open_gate
    )
    params = {
        "encoder": encoder_params,
        "decoder": {
            "embedding": init_embedding(rng, target_size, E),
            "rnn": init_recurrent(
                rng, gates, E + H if every_step else E, H, L, open_gate=open_gate
            ),
        },
        "generator": init_generator(rng, target_size, E + 2 * H if every_step else H),
    }
    return tree_map(lambda array: array.astype(config["dtype"]), params)
