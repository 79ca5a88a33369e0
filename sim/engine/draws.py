"""Random draws as a pure function of (seed, stream, replication, index).

A *stream* belongs to one decision. It is its name, its law, and whether it is drawn in turn or index by index; an *index*
is a day, a month or 0. The value of a draw depends on nothing else: not on the batch a replication is in, nor on what other
streams are asked. So two scenarios meet the same luck until they really differ, and replication 4711 is the same in any
batch, chunk or process.

Draws are made in blocks of 128 replications by a span of indices. A block has a generator of its own (SFC64, Doty-
Humphrey's small fast chaotic generator), whose 192-bit starting state is the BLAKE2b hash of its name. Waste is small
(a batch of one draws 128 columns, a few milliseconds in three years) and a normal draw costs about 8 ns.

Left out: a guarantee across versions of NumPy, whose method for normal draws may change (the manifest names the version).
"""

import operator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REPLICATIONS_PER_BLOCK = 128
INDICES_PER_BLOCK = 64


class Draws:
    """The streams of one batch.

    Parameters
    ----------
    seed : int
        Seed of the run.
    replications : (n,) int
        Numbers of the replications in the batch, in any order; those with the same number have the same luck.

    Attributes
    ----------
    opened : dict of str to bool
        The streams there are, by name: whether they are drawn in turn.
    """

    def __init__(self, seed: int, replications: Ints) -> None:
        # What equals a whole number and is written otherwise would have other luck.
        self.seed = operator.index(seed)
        self.replications = replications
        self._bits = np.random.SFC64(0)
        self._generator = np.random.Generator(self._bits)
        self._state = self._bits.state
        self.opened: dict[str, bool] = {}
        blocks = replications // REPLICATIONS_PER_BLOCK
        # For each block the columns of a table it fills, and which of its own columns go there: slices where a block stands
        # whole and in order, which is the usual case and much cheaper.
        self._spans: list[tuple[int, slice | Ints, Ints]] = []
        for block in np.unique(blocks):
            positions = np.flatnonzero(blocks == block)
            columns = replications[positions] % REPLICATIONS_PER_BLOCK
            first, last = int(positions[0]), int(positions[-1])
            in_order = len(positions) == REPLICATIONS_PER_BLOCK == last - first + 1 and bool(np.all(np.diff(columns) == 1))
            self._spans.append((int(block), slice(first, last + 1) if in_order else positions, columns))

    def normal(self, name: str, *, in_turn: bool = False) -> "Stream":
        """Open a stream of standard normal draws.

        One that is drawn `in_turn` is drawn for 64 indices at once, which is much quicker where most are asked, rising. It
        is another stream than the one of that name that is drawn index by index.
        """
        return self._open(name, "normal", in_turn)

    def uniform(self, name: str, *, in_turn: bool = False) -> "Stream":
        """Open a stream of uniform draws in the open interval (0, 1); see `normal`."""
        return self._open(name, "uniform", in_turn)

    def _open(self, name: str, kind: str, in_turn: bool) -> "Stream":
        if name in self.opened:
            raise ValueError(f"stream {name!r} is already in use: one stream per decision")
        self.opened[name] = in_turn
        return Stream(self, name, kind, INDICES_PER_BLOCK if in_turn else 1)

    def block(self, name: str, kind: str, indices: int, block: int, span: int) -> Floats:
        """Return the draws of one block, shape (indices, 128)."""
        key = f"{self.seed}/{name}/{indices}/{block}/{span}".encode()
        # Counter 1 is where NumPy starts it too; the three other words are the seed proper.
        words = np.frombuffer(blake2b(key, digest_size=24).digest() + (1).to_bytes(8, "little"), dtype="<u8")
        self._state["state"]["state"] = words.astype(np.uint64)
        self._bits.state = self._state
        shape = (indices, REPLICATIONS_PER_BLOCK)
        if kind == "normal":
            return self._generator.standard_normal(shape)
        raw = self._bits.random_raw(indices * REPLICATIONS_PER_BLOCK)
        return (((raw >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52).reshape(shape)

    def fill(self, table: Floats, name: str, kind: str, span: int) -> None:
        """Fill `table`, shape (indices, n), with the draws of all replications of the batch."""
        for block, positions, columns in self._spans:
            made = self.block(name, kind, len(table), block, span)
            table[:, positions] = made if isinstance(positions, slice) else made[:, columns]


class Stream:
    """The draws of one decision. Made by `Draws.normal` and `Draws.uniform`."""

    def __init__(self, draws: Draws, name: str, kind: str, indices: int) -> None:
        self._draws = draws
        self._name = name
        self._kind = kind
        self._indices = indices
        self._span = -1
        self._table = np.empty((indices, len(draws.replications)))

    def at(self, index: int) -> Floats:
        """Return the draws of the whole batch at `index`, shape (n,): a view that the next call may overwrite."""
        span, row = divmod(index, self._indices)
        if span != self._span:
            self._draws.fill(self._table, self._name, self._kind, span)
            self._span = span
        drawn: Floats = self._table[row]
        return drawn

    def of(self, index: int, cohort: Ints) -> Floats:
        """Return the draws at `index` of the positions in `cohort` only, shape (len(cohort),)."""
        span, row = divmod(index, self._indices)
        if span == self._span:
            mine: Floats = self._table[row, cohort]
            return mine
        replications = self._draws.replications[cohort]
        blocks = replications // REPLICATIONS_PER_BLOCK
        out = np.empty(len(cohort))
        for block in np.unique(blocks):
            here = blocks == block
            made = self._draws.block(self._name, self._kind, self._indices, int(block), span)
            out[here] = made[row, replications[here] % REPLICATIONS_PER_BLOCK]
        return out
