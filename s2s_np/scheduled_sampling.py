"""Scheduled sampling: in training too, the decoder reads some of its own words (book: limitations/long_sentences).

Teacher forcing feeds the right words at every step, and the decoder never sees what it will meet in use: its own
mistakes. Bengio et al. (2015) toss a coin at every word: the right one, or the one that the model itself would have
written.
"""

from .array import array_module
from .vocab import PAD, UNK


def mix_inputs(step, state, inputs, teacher_forcing, rng):
    """Replace some of the decoder's inputs by the words that the model writes itself.

        ỹ_t = y_t                                    with probability `teacher_forcing`
        ỹ_t = argmax_v P(v | X, ỹ_{<t})              otherwise;   ỹ_0 = BOS

    Each word of each sentence has a coin of its own. The best word is one that can be fed: not PAD, BOS or EOS.
    No gradient flows through the choice.

    Arguments
        step: `step(tokens (B,), state) -> (log_probs (B, V), state)`, as for the searches
        state: that before the first word
        inputs: (T_t, B) the right words, from `shift_right`; PAD stays PAD
        teacher_forcing: the probability of the right word
        rng: a Generator of the library of `inputs`
    Returns the mixed inputs, (T_t, B). Source: Bengio, Vinyals, Jaitly and Shazeer (2015), section 2.4, with the best
    word in place of a drawn one.
    """
    xp = array_module(inputs, "inputs")
    own = (rng.random(inputs.shape) >= teacher_forcing) & (inputs != PAD)  # (T_t, B)
    mixed = inputs.copy()
    for t in range(1, len(inputs)):
        log_probs, state = step(mixed[t - 1], state)  # (B, V)
        best = log_probs[:, UNK:].argmax(axis=1) + UNK
        mixed[t] = xp.where(own[t], best, inputs[t])
    return mixed


def check_teacher_forcing(teacher_forcing):
    """Raise ValueError unless `teacher_forcing` is a probability."""
    if not 0 <= teacher_forcing <= 1:
        raise ValueError(
            f"teacher_forcing is {teacher_forcing}; expected a share from 0 to 1"
        )
