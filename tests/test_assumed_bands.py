"""The two bands of a share, mean and median: on toys whose conditional frequencies are known, and in runs."""

import numpy as np
import pytest

import sim
from sim.api import load
from sim.ensemble import run as ensemble_run
from sim.ensemble.lucks import EVERY, FEWEST_HISTORIES, FIRST_LUCK, LUCKS, MOST_DRAWS, NO_MORE, further
from sim.ensemble.run import Plan, run_ensemble, run_histories
from sim.ensemble.workers import ALONE, pool_of
from sim.model import RATIOS, WarScenario
from sim.results import chunks
from sim.results.again import kept_as_run
from sim.results.bands import OfDraws, band_of_mean, band_of_median, band_of_share
from sim.results.chunks import run_into
from sim.results.runs import Run
from sim.results.statistics import mean_interval, wilson_interval
from sim.results.store import StoreError
from sim.results.summary import summarise
from sim.scenario import load_scenario
from sim.words.run import markdown
from tests.resealed import reseal

HISTORIES = 2000
DRAWS = HISTORIES // EVERY
TRIALS = 1000
# The issue asks for 93 to 97 in a hundred: of a band that covers 95, more than four standard errors away.
ASKED = (0.93, 0.97)


def toy(rng, frequency):
    """Return the histories of a run of a toy, the values of its draws, and the frequency in one draw more."""
    p = frequency(HISTORIES + 1)
    yes = rng.random(HISTORIES) < p[:-1]
    lucks = [rng.random(DRAWS) < p[:-1:EVERY] for _ in range(LUCKS - 1)]
    return yes, np.column_stack([yes[::EVERY], *lucks]).astype(float), p[-1]


@pytest.mark.ensembles
@pytest.mark.parametrize("shape", [(2.0, 2.0), (1.0, 3.0), (0.7, 0.7), (5.0, 3.0)])
def test_both_bands_of_a_share_cover(shape):
    rng = np.random.default_rng(int(100 * sum(shape)))
    truth, first, second = shape[0] / sum(shape), 0, 0
    for _ in range(TRIALS):
        yes, values, another = toy(rng, lambda n: rng.beta(*shape, n))
        low, high = wilson_interval(int(yes.sum()), len(yes))
        least, most = band_of_share(values, float(yes.mean()))
        first, second = first + (low <= truth <= high), second + (least <= another <= most)
    print(f"beta{shape}: simulation {first / TRIALS:.3f}, assumptions {second / TRIALS:.3f}")
    assert ASKED[0] <= first / TRIALS <= ASKED[1]
    assert ASKED[0] <= second / TRIALS <= ASKED[1]


@pytest.mark.ensembles
@pytest.mark.parametrize(
    ("values", "parts"),
    [
        # Never or always in some of the draws.
        ((1.0, 0.45), (0.3, 0.7)), ((0.0, 0.4), (0.6, 0.4)), ((1.0, 0.5), (0.7, 0.3)), ((1.0, 0.6), (0.1, 0.9)),
        ((0.0, 0.5), (0.05, 0.95)), ((0.0, 0.5, 1.0), (0.3, 0.4, 0.3)),
        # Of two and of three kinds, or rarely another.
        ((0.2, 0.8), (0.5, 0.5)), ((0.1, 0.5, 0.9), (0.4, 0.3, 0.3)), ((0.9, 0.2), (0.1, 0.9)), ((0.3, 0.6), (0.2, 0.8)),
    ],
)  # fmt: skip
def test_the_second_band_holds_frequencies_of_other_shapes(values, parts):
    """Where few frequencies are possible, a band that holds 95 in a hundred of them may hold all."""
    rng, held = np.random.default_rng(8), 0.0
    trials = 200
    for _ in range(trials):
        yes, seen, _ = toy(rng, lambda n: rng.choice(values, n, p=parts))
        least, most = band_of_share(seen, float(yes.mean()))
        held += sum(part for value, part in zip(values, parts, strict=True) if least <= value <= most) / trials
    print(f"{values}: assumptions {held:.3f}")
    # What lies just at an end of the band is held or not by luck: 90 of (0.3, 0.6), 96 to 100 of the others.
    assert held >= 0.9


@pytest.mark.ensembles
@pytest.mark.parametrize("noise", [0.5, 2.0])
def test_both_bands_of_a_mean_and_the_band_of_a_median_cover(noise):
    rng = np.random.default_rng(int(10 * noise))
    covered = np.zeros(3)
    for _ in range(TRIALS):
        own = rng.normal(10.0, 1.0, HISTORIES + 1)
        values = own[:-1] + rng.normal(0.0, noise, HISTORIES)
        lucks = [own[:-1:EVERY] + rng.normal(0.0, noise, DRAWS) for _ in range(LUCKS - 1)]
        of_draws = np.column_stack([values[::EVERY], *lucks])
        low, high = mean_interval(values)
        bands = band_of_mean(of_draws, float(values.mean())), band_of_median(of_draws, np.sort(values))
        covered += [low <= 10.0 <= high, *(least <= own[-1] <= most for least, most in bands)]
    print(f"noise {noise}: simulation, mean, median {covered / TRIALS}")
    assert (covered / TRIALS >= ASKED[0]).all()
    assert (covered / TRIALS <= ASKED[1]).all()


def test_more_histories_narrow_the_first_band_and_not_the_second():
    rng = np.random.default_rng(5)
    sizes, trials = np.array([2000, 4000, 8000, 16000]), 60
    widths = np.zeros((len(sizes), 2))
    for place, histories in enumerate(sizes.tolist()):
        for _ in range(trials):
            p = rng.beta(2.0, 2.0, histories)
            yes = rng.random(histories) < p
            lucks = [rng.random(histories // EVERY) < p[::EVERY] for _ in range(LUCKS - 1)]
            low, high = wilson_interval(int(yes.sum()), histories)
            least, most = band_of_share(np.column_stack([yes[::EVERY], *lucks]).astype(float), float(yes.mean()))
            widths[place] += np.array([high - low, most - least]) / trials
    first, second = widths.T
    np.testing.assert_allclose(first[0] / first, np.sqrt(sizes / sizes[0]), rtol=0.02)
    # Between 2.5 and 97.5 % of this beta distribution; of few draws a little more, since their spread is less known.
    np.testing.assert_allclose(second, 0.906 - 0.094, atol=0.03)


def test_what_luck_alone_decides_hardly_has_a_second_band():
    rng = np.random.default_rng(6)
    yes = rng.random((1000, LUCKS)) < 0.4
    least, most = band_of_share(yes.astype(float), float(yes.mean()))
    assert most - least < 0.17
    values = rng.normal(size=(1000, LUCKS))
    least, most = band_of_mean(values, float(values.mean()))
    # Luck alone has a spread of 3.9 in single histories.
    assert most - least < 0.4


def test_of_what_no_draw_tells_nothing_is_said():
    never = np.zeros((100, LUCKS))
    assert band_of_share(never, 0.0) is None
    rare = np.full((100, LUCKS), np.nan)
    rare[:5] = 1.0
    assert band_of_share(rare, 0.5) is None
    assert band_of_mean(rare, 1.0) is None
    once = np.full((100, LUCKS), np.nan)
    once[:, 0] = np.arange(100.0)
    assert band_of_mean(once, 50.0) is None
    assert band_of_median(once, np.arange(100.0)) is None


def test_bands_hold_their_value_and_keep_to_what_can_be():
    rng = np.random.default_rng(7)
    for _ in range(200):
        draws = int(rng.integers(40, 200))
        p = rng.beta(*rng.uniform(0.1, 5.0, 2), draws)
        values = (rng.random((draws, LUCKS)) < p[:, None]).astype(float)
        values[rng.random(values.shape) < rng.uniform(0, 0.5)] = np.nan
        share = float(np.nanmean(values))
        band = band_of_share(values, share)
        assert band is None or 0.0 <= band[0] <= share <= band[1] <= 1.0
        amounts = rng.lognormal(0.0, 2.0, values.shape) * p[:, None]
        mean = float(amounts.mean())
        least, most = band_of_mean(amounts, mean)
        assert 0.0 <= least <= mean <= most <= amounts.max()
        # That of all histories may lie beyond all that these draws have.
        for far in (0.5 * amounts.min(), 2.0 * amounts.max()):
            least, most = band_of_mean(amounts, far)
            assert least <= far <= most


def test_every_twentieth_history_lends_its_assumptions_to_five():
    numbers = np.arange(2000)
    more = further(numbers, 2000)
    assert len(more.draws) == len(more.numbers) == len(set(more.numbers.tolist())) == 100 * (LUCKS - 1)
    assert more.numbers.min() >= FIRST_LUCK
    assert set(more.draws.tolist()) == set(range(0, 2000, EVERY))
    assert len(further(numbers[: FEWEST_HISTORIES - 1], FEWEST_HISTORIES - 1).draws) == 0
    assert len(further(np.arange(10**5), 10**5).draws) == MOST_DRAWS * (LUCKS - 1)
    # However they are cut.
    parts = [further(part, 2000) for part in np.array_split(numbers, 7)]
    np.testing.assert_array_equal(np.concatenate([part.numbers for part in parts]), more.numbers)


@pytest.fixture(scope="module")
def baseline():
    return load_scenario("baseline", WarScenario)


def test_histories_are_as_they_are_without_further_lucks(baseline):
    size = FEWEST_HISTORIES + 20
    whole = run_ensemble(baseline, Plan(size, 3, 60))
    cut = run_ensemble(baseline, Plan(size, 3, 60, batch=113))
    alone = run_histories(baseline, Plan(size, 3, 60, series=False), np.arange(size))
    assert whole.lucks
    assert not alone.lucks
    for name, values in alone.outcomes.items():
        np.testing.assert_array_equal(values, whole.outcomes[name], err_msg=name)
    for name, values in whole.lucks.items():
        np.testing.assert_array_equal(values, cut.lucks[name], err_msg=name)
    np.testing.assert_array_equal(np.asarray(whole.series), np.asarray(cut.series))
    counted = {day: counts.sum() for (day, question), counts in whole.tallies.items() if question == "ending"}
    assert counted == dict.fromkeys(whole.series_days, size)
    assert all((whole.tallies[key] == cut.tallies[key]).all() for key in whole.tallies)


def test_further_lucks_have_the_assumptions_of_their_draw_and_luck_of_their_own(baseline):
    size = FEWEST_HISTORIES
    plan = Plan(size, 3, 60)
    whole = run_ensemble(baseline, plan)
    draw, luck = int(whole.further.draws[7]), int(whole.further.numbers[7])
    given = {path: values[[draw]] for path, values in whole.drawn.items()}
    alone = run_histories(baseline, Plan(1, 3, 60, series=False), np.array([luck]), given)
    for name, values in alone.outcomes.items():
        np.testing.assert_array_equal(values, whole.lucks[name][[7]], err_msg=name)
    assert OfDraws.of(whole.outcomes, whole.further, whole.lucks).draws[1] == draw


def test_from_python_a_run_in_memory_has_the_bands_and_signs_of_one_that_is_kept(tmp_path):
    how = {"replications": FEWEST_HISTORIES, "months": 2}
    changed = {"attrition.level_factor": 0.5}
    here = [sim.run("baseline", **how), sim.run("baseline", settings=changed, **how)]
    kept = [
        sim.run("baseline", out=tmp_path / "one", **how), sim.run("baseline", settings=changed, out=tmp_path / "two", **how),
    ]  # fmt: skip
    assert [one.summary for one in here] == [one.summary for one in kept]
    assert next(row for row in here[0].summary if row.id == "casualties_attacker").least is not None
    compared = [sim.compare(*both).lines for both in (here, kept)]
    assert compared[0] == compared[1]
    assert any(line.signs is not None for line in compared[0])


@pytest.mark.parametrize(("series", "lucks", "there"), [
    (True, None, True), (False, None, False), (False, True, True), (True, False, False),
])  # fmt: skip
def test_further_lucks_have_a_switch_of_their_own(baseline, series, lucks, there):
    found = run_ensemble(baseline, Plan(FEWEST_HISTORIES, 1, 7, series=series, lucks=lucks))
    assert bool(found.lucks) == there
    assert bool(found.series_days) == series


def test_where_nothing_is_uncertain_the_second_band_has_no_width():
    certain = load_scenario("baseline", WarScenario)
    fixed = {path: values[:1].mean() for path, values in run_ensemble(certain, Plan(1, 1, 1)).drawn.items()}
    settings = [f"{path}={value}" for path, value in fixed.items()]
    known = run_ensemble(load("baseline", settings), Plan(100, 1, 120))
    assert not known.drawn
    assert not known.lucks
    rows = [row for row in summarise(known) if row.value is not None and row.section != "ledger"]
    assert len(rows) > 20
    assert all(row.least == row.most == row.value for row in rows if row.id not in RATIOS)


def bytes_of(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "timing.json"}


def test_a_run_with_further_lucks_is_the_same_however_it_is_cut_and_read(baseline, tmp_path, monkeypatch):
    plan = Plan(FEWEST_HISTORIES, 1, 45)
    found = {}
    with pool_of(2) as two:
        for most, pool in ((FEWEST_HISTORIES, ALONE), (200, ALONE), (200, two)):
            folder = tmp_path / f"{most}-{pool.size}"
            with run_into(folder, baseline, plan, as_text=markdown, pool=pool, most=most):
                found[folder.name] = bytes_of(folder)
    first, *others = found.values()
    assert b"\n" in first["lucks.csv"]
    assert all(other == first for other in others)
    # Interrupted after two of its chunks, and taken up again.
    folder, done = tmp_path / "again", []
    real = chunks.keep_chunk

    def stopped(chunk):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(chunk.first)
        real(chunk)

    monkeypatch.setattr(chunks, "keep_chunk", stopped)
    with pytest.raises(KeyboardInterrupt), run_into(folder, baseline, plan, as_text=markdown, most=200):
        raise AssertionError("it was to be stopped")
    monkeypatch.setattr(chunks, "keep_chunk", real)
    with run_into(folder, baseline, plan, as_text=markdown, most=200) as (_, summary):
        assert bytes_of(folder) == first
    # What is read has the same bands, and what is told again of it.
    run = Run.read(folder)
    assert run.summary == summary
    assert run.draws.draws.tolist() == list(range(0, FEWEST_HISTORIES, EVERY))
    _, again = kept_as_run(folder, plan)
    assert again == summary
    assert sum(row.least is not None for row in summary) > 20


def test_lucks_that_were_changed_are_refused(baseline, tmp_path):
    folder, plan = tmp_path / "run", Plan(FEWEST_HISTORIES, 1, 30)
    with run_into(folder, baseline, plan, as_text=markdown):
        pass
    lines = (folder / "lucks.csv").read_text().splitlines(keepends=True)
    for damaged, said in (
        ([*lines[:3], *lines[4:]], "there are 199 rows|row"),
        ([lines[0], lines[1].replace(",1000000000,", ",7,"), *lines[2:]], "row 1"),
    ):
        (folder / "lucks.csv").write_text("".join(damaged))
        reseal(folder)
        with pytest.raises(StoreError, match=said):
            Run.read(folder)


def test_of_histories_that_fail_the_others_are_as_they_would_be(baseline, monkeypatch):
    size = FEWEST_HISTORIES
    plan = Plan(size, 1, 30)
    whole = run_ensemble(baseline, plan)
    odd, luck = 44, int(whole.further.numbers[12])
    real = ensemble_run.run_batch

    def failing(scenario, plan, numbers, given=None, more=NO_MORE):
        if odd in numbers or luck in more.numbers:
            raise ArithmeticError("planted")
        return real(scenario, plan, numbers, given, more)

    monkeypatch.setattr(ensemble_run, "run_batch", failing)
    found = run_ensemble(baseline, plan)
    assert list(found.failures) == [odd]
    assert np.flatnonzero(found.lucks["ending"] == "failed").tolist() == [12]
    others = np.arange(size) != odd, np.arange(len(whole.further.numbers)) != 12
    for name in whole.outcomes:
        np.testing.assert_array_equal(found.outcomes[name][others[0]], whole.outcomes[name][others[0]], err_msg=name)
        np.testing.assert_array_equal(found.lucks[name][others[1]], whole.lucks[name][others[1]], err_msg=name)
    assert all(row.least is not None for row in summarise(found) if row.id == "war_goes_on")
