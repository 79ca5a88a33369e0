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
from collections.abc import Callable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REPLICATIONS_PER_BLOCK = 128
INDICES_PER_BLOCK = 64
# judgement: so many times apart are most histories in how often something has come, and more would fill the memory.
INDICES_KEPT = 8


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
        self.blocks, block_of = np.unique(replications // REPLICATIONS_PER_BLOCK, return_inverse=True)
        # Where each stands among the draws of all blocks at an index, and whether that is in order from the first, which is
        # usual and much cheaper.
        self._place = block_of * REPLICATIONS_PER_BLOCK + replications % REPLICATIONS_PER_BLOCK
        self._in_order = np.array_equal(self._place, np.arange(len(replications)))

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

    def block(self, name: str, kind: str, block: int, span: int, out: Floats) -> None:
        """Write the draws of one block into `out`, shape (indices, 128)."""
        indices = len(out)
        key = f"{self.seed}/{name}/{indices}/{block}/{span}".encode()
        # Counter 1 is where NumPy starts it too; the three other words are the seed proper.
        words = np.frombuffer(blake2b(key, digest_size=24).digest() + (1).to_bytes(8, "little"), dtype="<u8")
        self._state["state"]["state"] = words.astype(np.uint64)
        self._bits.state = self._state
        if kind == "normal":
            self._generator.standard_normal(out=out)
            return
        raw = self._bits.random_raw(out.size)
        np.multiply((raw >> np.uint64(12)).astype(np.float64).reshape(out.shape) + 0.5, 2.0**-52, out=out)

    def row(self, table: Floats, row: int) -> Floats:
        """Return the draws of the whole batch at one index of `table`, shape (blocks, indices, 128); a copy."""
        draws = table[:, row].flatten()
        return draws[: len(self._place)] if self._in_order else draws.take(self._place)

    def some(self, table: Floats, row: int, cohort: Ints) -> Floats:
        """Return what `row` writes, of the positions in `cohort`."""
        block, column = np.divmod(self._place[cohort], REPLICATIONS_PER_BLOCK)
        drawn: Floats = table[block, row, column]
        return drawn

    def asked(self, cohort: Ints) -> NDArray[np.bool_]:
        """Return which blocks the positions in `cohort` are in."""
        asked = np.zeros(len(self.blocks), dtype=np.bool_)
        asked[self._place[cohort] // REPLICATIONS_PER_BLOCK] = True
        return asked


class LivedDraws(Draws):
    """The streams of histories that had another luck until a day: what is asked later is drawn with their own.

    Parameters
    ----------
    before : Draws
        Their luck until then.
    seed, replications
        As in `Draws`, from then on.
    is_over : callable
        Returns whether the day has come. A draw that is made at the start for what happens later belongs to the time before.
    """

    def __init__(self, before: Draws, seed: int, replications: Ints, is_over: Callable[[], bool]) -> None:
        super().__init__(seed, replications)
        self._before, self._is_over = before, is_over

    def _open(self, name: str, kind: str, in_turn: bool) -> "Stream":
        then = super()._open(name, kind, in_turn)
        return LivedStream(self._before._open(name, kind, in_turn), then, self._is_over)


class Stream:
    """The draws of one decision. Made by `Draws.normal` and `Draws.uniform`."""

    def __init__(self, draws: Draws, name: str, kind: str, indices: int) -> None:
        self._draws = draws
        self._name = name
        self._kind = kind
        self._indices = indices
        self._span = -1
        # A block after the other, as they are drawn.
        self._table = np.empty((len(draws.blocks), indices, REPLICATIONS_PER_BLOCK))
        self._kept: dict[int, _Kept] = {}

    def at(self, index: int) -> Floats:
        """Return the draws of the whole batch at `index`, shape (n,)."""
        span, row = divmod(index, self._indices)
        if span != self._span:
            for place, block in enumerate(self._draws.blocks.tolist()):
                self._draws.block(self._name, self._kind, block, span, self._table[place])
            self._span = span
        return self._draws.row(self._table, row)

    def of(self, index: int, cohort: Ints) -> Floats:
        """Return the draws at `index` of the positions in `cohort` only, shape (len(cohort),)."""
        span, row = divmod(index, self._indices)
        if span == self._span:
            return self._draws.some(self._table, row, cohort)
        if self._indices == 1:
            return self._kept_at(index).of(cohort)
        replications = self._draws.replications[cohort]
        blocks = replications // REPLICATIONS_PER_BLOCK
        out, made = np.empty(len(cohort)), np.empty(self._table.shape[1:])
        for block in np.unique(blocks):
            here = blocks == block
            self._draws.block(self._name, self._kind, int(block), span, made)
            out[here] = made[row, replications[here] % REPLICATIONS_PER_BLOCK]
        return out

    def _kept_at(self, index: int) -> "_Kept":
        """Return the draws at an index that histories come to at days of their own, each block of them drawn once."""
        if index not in self._kept:
            if len(self._kept) == INDICES_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[index] = _Kept(self._draws, self._name, self._kind, index)
        return self._kept[index]

    def each(self, indices: Ints | Floats, cohort: Ints) -> Floats:
        """Return the draws of the positions in `cohort`, each at its own index, shape (len(cohort),).

        Parameters
        ----------
        indices : (len(cohort),) array
            Whole numbers.
        """
        out = np.empty(len(cohort))
        for index in np.unique(indices):
            here = indices == index
            out[here] = self.of(int(index), cohort[here])
        return out


class _Kept:
    """The draws of a stream at one index, of those blocks that have been asked for."""

    def __init__(self, draws: Draws, name: str, kind: str, index: int) -> None:
        self._draws, self._key = draws, (name, kind, index)
        self._table = np.empty((len(draws.blocks), 1, REPLICATIONS_PER_BLOCK))
        self._missing = np.ones(len(draws.blocks), dtype=np.bool_)
        # Of the whole batch, once all blocks have been asked for.
        self._row: Floats | None = None

    def of(self, cohort: Ints) -> Floats:
        """Return the draws of some positions."""
        if self._row is not None:
            return self._row[cohort]
        name, kind, index = self._key
        for place in np.flatnonzero(self._missing & self._draws.asked(cohort)).tolist():
            self._draws.block(name, kind, int(self._draws.blocks[place]), index, self._table[place])
            self._missing[place] = False
        if not self._missing.any():
            self._row = self._draws.row(self._table, 0)
            return self._row[cohort]
        return self._draws.some(self._table, 0, cohort)


class LivedStream(Stream):
    """The draws of one decision in histories that had another luck until a day; see `LivedDraws`."""

    def __init__(self, before: Stream, then: Stream, is_over: Callable[[], bool]) -> None:
        self._before, self._then, self._is_over = before, then, is_over

    def _now(self) -> Stream:
        return self._then if self._is_over() else self._before

    def at(self, index: int) -> Floats:
        """Return the draws of the whole batch at `index`; see `Stream`."""
        return self._now().at(index)

    def of(self, index: int, cohort: Ints) -> Floats:
        """Return the draws of some positions at `index`; see `Stream`."""
        return self._now().of(index, cohort)
