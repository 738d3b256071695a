"""The system of Panagakis et al. 2014: what must hold at a minimum, the classifier, the contract."""

from __future__ import annotations

import numpy as np
import pytest

from baselines import panagakis2014
from baselines._handcrafted.low_rank import (
    ResidualClassifier,
    Solver,
    shrink,
    shrink_columns,
    shrink_singular,
)
from mgrbench.core.types import BenchError
from mgrbench.models.checks import check_model
from tests.support.models import builder, built
from tests.support.systems import accuracy_on_synth

RNG = np.random.default_rng(0)


def problem(values=8, columns=12, targets=5):
    basis, wanted = RNG.normal(size=(values, columns)), RNG.normal(size=(values, targets))
    return basis / np.linalg.norm(basis, axis=0), wanted / np.linalg.norm(wanted, axis=0)


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("weights", [(0.5, 1.0), (0.05, 2.0)])
def test_nothing_near_the_solution_is_better(joint, weights):
    """The problem is convex, so what no step improves is the minimum."""
    basis, targets = problem()
    solver = Solver(*weights, steps=3000, joint=joint)
    found = solver.solve(basis, targets)
    least = solver.objective(basis, targets, found)
    assert least < solver.objective(basis, targets, np.zeros_like(found)) - 1e-3
    for size in (1e-3, 1e-2, 0.1):
        for _ in range(200):
            step = RNG.normal(size=found.shape) * (RNG.random(found.shape) < RNG.random())
            assert solver.objective(basis, targets, found + size * step) > least - 1e-6
    for place in np.ndindex(*found.shape):
        for size in (-1e-3, 1e-3):
            other = found.copy()
            other[place] += size
            assert solver.objective(basis, targets, other) > least - 1e-6


@pytest.mark.parametrize("joint", [False, True])
def test_the_usual_number_of_steps_is_near_the_minimum(joint):
    basis, targets = problem(30, 60, 10)
    few, many = (Solver(steps=steps, joint=joint) for steps in (150, 3000))
    values = [solver.objective(basis, targets, solver.solve(basis, targets)) for solver in (few, many)]
    assert values[0] == pytest.approx(values[1], rel=0.01)


def test_one_column_is_the_same_problem_either_way():
    basis, targets = problem(targets=1)
    apart, joint = (Solver(steps=500, joint=kind).solve(basis, targets) for kind in (False, True))
    np.testing.assert_allclose(apart, joint, atol=1e-9)


def test_columns_apart_know_nothing_of_each_other():
    basis, targets = problem()
    together = Solver().solve(basis, targets)
    for column in range(targets.shape[1]):
        np.testing.assert_allclose(
            Solver().solve(basis, targets[:, [column]])[:, 0], together[:, column], atol=1e-12
        )
    joint = Solver(joint=True)
    assert np.abs(joint.solve(basis, targets)[:, [0]] - joint.solve(basis, targets[:, [0]])).max() > 1e-6


def test_shrinking_by_hand():
    np.testing.assert_allclose(shrink(np.array([-3.0, -0.5, 0.0, 2.0]), 1.0), [-2, 0, 0, 1])
    np.testing.assert_allclose(shrink_columns(np.array([[3.0, 0.3], [4.0, 0.4]]), 1.0), [[2.4, 0], [3.2, 0]])
    np.testing.assert_allclose(shrink_singular(np.diag([3.0, 0.5]), 1.0), np.diag([2.0, 0.0]), atol=1e-12)


def test_a_vector_goes_to_the_class_whose_vectors_it_is_a_mixture_of():
    """Two classes in two planes, which share no direction with their means."""
    genre = np.repeat([0, 1], 20)
    rows = np.zeros((40, 4))
    angles = RNG.uniform(0, np.pi, 40)
    for place, (label, angle) in enumerate(zip(genre, angles, strict=True)):
        rows[place, 2 * label : 2 * label + 2] = np.cos(angle), np.sin(angle)
    classifier = ResidualClassifier(Solver(sparse=0.05, error=5.0)).fit(rows, genre)
    test = np.zeros((6, 4))
    test[:3, :2], test[3:, 2:] = -rows[:3, :2], 3 * rows[20:23, 2:]  # neither sign nor length matter
    found = classifier.decision_function(test)
    assert found.argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 1]
    assert found.max() <= 0


@pytest.mark.parametrize("shape", [(), (9, 4)])
def test_it_keeps_the_contract(shape):
    checks = check_model(builder("panagakis2014"), panagakis2014.SELECTION, shape=shape)
    assert [check for check in checks if check.broken] == []


def test_the_papers_way_breaks_the_contract_as_stated():
    build = builder("panagakis2014", transductive="on")
    broken = {check.name for check in check_model(build, "none") if check.broken}
    assert broken == {"a track alone is predicted as in a batch"}


def test_it_tells_the_styles_of_synth_apart():
    assert accuracy_on_synth("panagakis2014") >= 0.4


@pytest.mark.parametrize(
    ("options", "line"),
    [({"sparse": 0}, "sparse is 0"), ({"error": "x"}, "error is 'x'"), ({"steps": 0}, "steps is 0"),
     ({"transductive": "yes"}, "say on or off")],
)  # fmt: skip
def test_options_out_of_range_are_refused(options, line):
    with pytest.raises(BenchError, match=line):
        built("panagakis2014", 3, **options)
