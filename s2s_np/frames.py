"""Frames: a source of vectors instead of words: sound, video, parts of an image (book: applications/index).

    model = Seq2Seq(Frames(40), target_vocab)          # 40 numbers a frame
    model.fit([(spectrogram, "three four"), …], …)     # spectrogram: (T, 40)

A word needs an embedding to become a vector. A frame is a vector already and goes to the recurrent layer as it is,
whose `weight_ih_l0 (3H, D)` is the linear map that an embedding would have been. All else in the model stays the same.
"""

import numpy as np


class Frames:
    """What a model's source is made of, in place of a `Vocab`: sequences of vectors of `size` numbers.

    Raises ValueError unless `size` is a whole number of at least 1.
    """

    level = "frame"

    def __init__(self, size):
        if not isinstance(size, int) or size < 1:
            raise ValueError(
                f"size is {size!r}; expected a whole number of at least 1, the numbers of a frame"
            )
        self.size = size

    def __repr__(self):
        return f"Frames({self.size})"

    def __eq__(self, other):
        return isinstance(other, Frames) and self.size == other.size

    def __hash__(self):
        return hash(("frames", self.size))

    def encode(self, frames):
        """Return a sequence of frames as a float array `(T, D)` on the host.

        Raises TypeError for what holds no real numbers, ValueError for another shape and for numbers that are not
        finite.
        """
        array = np.asarray(frames)
        if array.dtype.kind not in "fiu":
            raise TypeError(
                f"a source is a {type(frames).__name__} of type {array.dtype}; expected numbers of"
                f" shape (T, {self.size})"
            )
        if array.ndim != 2 or array.shape[1] != self.size:
            raise ValueError(
                f"a source has shape {array.shape}; expected (T, {self.size}), a row a frame"
            )
        if array.dtype.kind != "f":
            array = array.astype(np.float32)
        if not np.isfinite(array).all():
            t, d = np.argwhere(~np.isfinite(array))[0].tolist()
            raise ValueError(
                f"a source's frame {t} holds {array[t, d]} at place {d}; expected finite numbers"
            )
        return array

    def unknown(self, frames):
        """Return an empty list: any vector can be read. (A `Vocab` lists the tokens that it does not know.)"""
        return []
