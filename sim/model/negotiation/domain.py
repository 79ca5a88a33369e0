"""Packages: every combination of the options of some issues. The geometry behind the terms, which needs no scenario."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats

Corner = tuple[int | slice, ...]


class Domain:
    """All packages over some issues: every combination of their options.

    Parameters
    ----------
    options : mapping of str to sequence of str
        The options of each issue, by id.
    forbidden : sequence of mappings
        Rules: issue -> options; what one of them covers cannot be signed.
    first : str, optional
        The issue that varies slowest. The others follow in order, the last one varying fastest.

    Attributes
    ----------
    issues : tuple of str
        In the order of packages, `first` first.
    shape : tuple of int
        Number of options of each issue.
    choice : (P, issues) int
        The option of each issue in each package.
    allowed : (P,) bool
        Which packages no rule forbids.

    Examples
    --------
    >>> domain = Domain({"land": ["keep", "leave"], "treaty": ["yes", "no"]}, [{"land": ["leave"], "treaty": ["no"]}])
    >>> [domain.terms(package) for package in np.flatnonzero(domain.allowed)]
    [('keep', 'yes'), ('keep', 'no'), ('leave', 'yes')]
    """

    def __init__(
        self, options: Mapping[str, Sequence[str]], forbidden: Sequence[Mapping[str, Sequence[str]]] = (), first: str = ""
    ) -> None:
        self.issues = tuple(sorted(options, key=lambda issue: issue != first))
        self._options = {issue: tuple(options[issue]) for issue in self.issues}
        self.shape = tuple(len(self._options[issue]) for issue in self.issues)
        combinations = itertools.product(*(range(size) for size in self.shape))
        self.choice = np.array(list(combinations), dtype=np.int64).reshape(-1, len(self.shape))
        self.allowed = np.ones(len(self), dtype=np.bool_)
        for rule in forbidden:
            self.allowed &= ~self.covered(rule)

    def __len__(self) -> int:
        return len(self.choice)

    def covered(self, rule: Mapping[str, Sequence[str]]) -> NDArray[np.bool_]:
        """Return which packages have, in every issue of the rule, one of its options, shape (P,)."""
        covered = np.zeros(self.shape, dtype=np.bool_)
        for corner in self.corners(rule):
            covered[corner] = True
        return covered.ravel()

    def corners(self, rule: Mapping[str, Sequence[str]]) -> list[Corner]:
        """Return the indices into an array of shape `shape` that together are all packages a rule covers, once each."""
        places: dict[str, list[int]] = {}
        for issue, named in rule.items():
            places[issue] = [self._options[issue].index(option) for option in dict.fromkeys(named)]
        return [
            tuple(dict(zip(places, corner, strict=True)).get(issue, slice(None)) for issue in self.issues)
            for corner in itertools.product(*places.values())
        ]

    def terms(self, package: int) -> tuple[str, ...]:
        """Return the options of a package, in the order of `issues`."""
        row = self.choice[package]
        return tuple(self._options[issue][option] for issue, option in zip(self.issues, row.tolist(), strict=True))

    def total(self, worth: Mapping[str, Floats]) -> Floats:
        """Return the sum over issues of what the options of each package are worth.

        Parameters
        ----------
        worth : mapping of str to (options, n) array
            Weight times value of each option, for each issue.

        Returns
        -------
        (P, n) array; arrays of more axes have them in front.
        """
        return total([worth[issue] for issue in self.issues])


def total(worth: Sequence[Floats]) -> Floats:
    """Return the sums over all combinations of rows, one of each array (..., options, n), the last one varying fastest.

    >>> total([np.array([[0.0], [10.0]]), np.array([[1.0], [2.0]])]).T
    array([[ 1.,  2., 11., 12.]])
    """
    first, *others = worth
    for other in others:
        # Sums of whole rows: each element is worked out by itself, so that the size of the batch cannot matter.
        sums = first[..., :, None, :] + other[..., None, :, :]
        first = sums.reshape(*sums.shape[:-3], -1, sums.shape[-1])
    return first
