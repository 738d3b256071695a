"""The house: what may import what, who prints, and who wakes the heavy libraries.

Twelve packages on six floors, as `CONTRIBUTING.md` draws them. An import goes to a lower floor, or stays in
its own package. Every import counts, wherever in a file it stands.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import chain
from pathlib import Path

import pytest

import mgrbench

REPOSITORY = Path(__file__).resolve().parent.parent

FLOORS = {
    "core": 0,
    "metrics": 1,
    "datasets": 1,
    "features": 1,
    "splits": 1,
    "models": 1,
    "results": 2,
    "leaderboards": 3,
    "evaluation": 3,
    "profiling": 3,
    "experiments": 4,
    "cli": 5,
}
"""The twelve packages, from the ground up."""

ENTRANCE = "mgrbench.__main__"
FACADE = "mgrbench"
"""The Python interface: it names everything and imports it when it is first used."""

GROUND = ("errors", "codes", "types", "version")
"""Files of ``core`` that need the standard library and numpy alone."""

HEAVY = {
    "torch",
    "librosa",
    "sklearn",
    "scipy",
    "pandas",
    "joblib",
    "kymatio",
    "h5py",
    "matplotlib",
    "rich",
    "typer",
}
QUICK = ("core", "datasets", "splits")
"""Rooms that a listing or an audit goes through: heavy libraries are imported where they are used."""

COMPUTES_WITH_TORCH = (
    "mgrbench.features.extractors._networks.artist",
    "mgrbench.features.extractors._networks.choi",
    "mgrbench.features.extractors._networks.keras",
    "mgrbench.features.extractors._networks.samplecnn",
    "mgrbench.profiling._components",
    "mgrbench.profiling._flops",
    "mgrbench.profiling._macs",
)
"""Private files that are or count networks; who uses one imports it inside a function."""


def sources(*folders: str) -> dict[str, ast.Module]:
    """Module -> its syntax tree."""
    trees = {}
    for path in chain.from_iterable(sorted((REPOSITORY / folder).rglob("*.py")) for folder in folders):
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        trees[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return trees


MGRBENCH = sources("mgrbench")
HOMES: dict[str, str] = mgrbench.HOMES
"""Public name -> the module that the facade takes it from."""
BASELINES = sources("baselines")
TESTS = sources("tests")


def imported(nodes: Iterator[ast.AST], known: dict[str, ast.Module] = MGRBENCH) -> set[str]:
    """Modules that the import statements among these nodes name."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            module = node.module or ""
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                # What the facade passes on counts as an import of its home.
                home = HOMES.get(alias.name, module) if module == FACADE else module
                found.add(inner if inner in known else home)
    return found


def at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that are executed when a module is imported: those in no function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from at_import(node)


def room(module: str) -> str:
    """``mgrbench.splits.make`` -> ``splits``."""
    return module.split(".")[1]


def own(modules: set[str]) -> set[str]:
    """Those of mgrbench, without its facade."""
    return {module for module in modules if module.startswith("mgrbench.")}


INSIDE = {name: tree for name, tree in MGRBENCH.items() if name != FACADE}


# Imports


def test_the_house_is_twelve_packages_and_no_loose_module():
    folder = REPOSITORY / "mgrbench"
    assert {path.name for path in folder.glob("*.py")} == {"__init__.py", "__main__.py"}
    assert {path.parent.name for path in folder.glob("*/__init__.py")} == FLOORS.keys()


def test_the_tests_mirror_the_packages():
    folders = {path.parent.name for path in (REPOSITORY / "tests").glob("*/__init__.py")}
    assert folders == {*FLOORS, "baselines", "benchmarks", "support"}


def test_a_public_name_is_not_hidden_by_a_package_of_the_same_name():
    """Importing ``mgrbench.x`` sets the attribute ``x`` of mgrbench, over what the facade would give."""
    assert not set(mgrbench.__all__) & FLOORS.keys()


@pytest.mark.parametrize("module", [name for name in INSIDE if name != ENTRANCE])
def test_imports_point_down(module):
    for target in own(imported(ast.walk(INSIDE[module]))):
        if room(target) != room(module):
            assert FLOORS[room(target)] < FLOORS[room(module)], f"{module} imports {target}"


def test_no_files_import_each_other_in_a_circle():
    graph = {name: own(imported(ast.walk(tree))) - {name} for name, tree in INSIDE.items()}
    # A package's __init__ passes on what its files hold; they take from each other by file.
    assert list(TopologicalSorter(graph).static_order())


def test_the_picture_in_the_contributors_guide_is_true():
    drawn = re.search(
        r"## The house\n+```\n(.*?)```", (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL
    )
    lines = [line.split() for line in drawn.group(1).splitlines()]
    assert {name: len(lines) - 1 - at for at, line in enumerate(lines) for name in line} == FLOORS


def test_the_journeys_in_the_contributors_guide_name_files_that_lead_to_each_other():
    """Each file on the way imports the next ones, itself or by a file that it was reached through."""
    guide = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")
    section = re.search(r"### Journeys\n(.*?)\n\nErrors", guide, re.DOTALL)
    journeys = section.group(1).split("\n- ")[1:]
    assert len(journeys) == 4
    for journey in journeys:
        stations = [f"mgrbench.{name.replace('/', '.')}" for name in re.findall(r"`(\w+(?:/\w+)+)`", journey)]
        assert stations[0].startswith("mgrbench.cli.")
        assert set(stations) <= set(MGRBENCH)
        reached = {stations[0]}
        for station in stations:
            assert station in reached, station
            named = own(imported(ast.walk(INSIDE[station])))
            # A package passes on what its files hold.
            packages = {name for name in named if any(other.startswith(f"{name}.") for other in INSIDE)}
            reached |= named.union(*(imported(ast.walk(INSIDE[name])) for name in packages))


@pytest.mark.parametrize("module", [name for name in INSIDE if room(name) in {"evaluation", "experiments"}])
def test_settings_travel_in_bundles(module):
    """No function there takes more than six parameters, but for the public twin of ``mgrbench run``."""
    for node in ast.walk(INSIDE[module]):
        if isinstance(node, ast.FunctionDef) and f"{module}.{node.name}" != f"{HOMES['evaluate']}.evaluate":
            parts = node.args.posonlyargs, node.args.args, node.args.kwonlyargs
            assert sum(map(len, parts)) <= 6, node.name


def test_the_ground_needs_the_standard_library_and_numpy_alone():
    for name in GROUND:
        tops = {module.split(".")[0] for module in imported(ast.walk(INSIDE[f"mgrbench.core.{name}"]))}
        assert tops <= {*sys.stdlib_module_names, "numpy", "mgrbench"}


def private_names(tree: ast.AST) -> Iterator[str]:
    """Private names that code takes from a module, from another object than its own, or replaces by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            yield from names - {name.rpartition(".")[2] for name in (MGRBENCH | BASELINES)}
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) not in {"self", "cls"}:
            yield node.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("setattr"):
            strings = [text for text in node.args if isinstance(text, ast.Constant)]
            yield from (text.value.rpartition(".")[2] for text in strings if isinstance(text.value, str))


@pytest.mark.parametrize("module", TESTS)
def test_tests_use_what_is_public(module):
    """So a function may be renamed, split or left out as long as what it is for goes on."""
    of_torch = {"_forward_hooks"}
    private = {name for name in private_names(TESTS[module]) if re.match("_[^_]", name)}
    assert private <= of_torch


def test_only_plugins_take_from_the_facade():
    """They are what others copy; the rest of the house names the file that it leans on."""
    for name, tree in INSIDE.items():
        if not name.startswith(("mgrbench.datasets.collections", "mgrbench.features.extractors")):
            facade = [
                node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == FACADE
            ]
            assert not facade, name


def test_the_facade_imports_nothing_until_it_is_asked():
    quick = {"mgrbench.core.version", *sys.stdlib_module_names}
    assert imported(at_import(MGRBENCH[FACADE])) <= quick
    for name in mgrbench.__all__:
        assert getattr(mgrbench, name) is not None
    with pytest.raises(AttributeError, match="module 'mgrbench' has no attribute 'evaluat'"):
        mgrbench.evaluat  # noqa: B018


def test_nothing_in_mgrbench_imports_a_model_by_name():
    for name, tree in MGRBENCH.items():
        assert not {module for module in imported(ast.walk(tree)) if module.split(".")[0] == "baselines"}, (
            name
        )


def test_models_lean_on_what_any_plugin_may_use():
    allowed = ("mgrbench.core.", "mgrbench.models.", "mgrbench.splits")
    for name, tree in BASELINES.items():
        assert all(module.startswith(allowed) for module in own(imported(ast.walk(tree)))), name


# Heavy libraries


@pytest.mark.parametrize("module", MGRBENCH)
def test_torch_is_imported_by_those_who_compute_with_it_when_they_do(module):
    names = imported(at_import(MGRBENCH[module]))
    if module not in COMPUTES_WITH_TORCH:
        assert not names & set(COMPUTES_WITH_TORCH), (
            f"import {names & set(COMPUTES_WITH_TORCH)} inside a function"
        )
        assert "torch" not in {name.split(".")[0] for name in names}


@pytest.mark.parametrize("module", [name for name in INSIDE if room(name) in QUICK])
def test_rooms_that_a_listing_goes_through_start_quickly(module):
    tops = {name.split(".")[0] for name in imported(at_import(INSIDE[module]))}
    assert not tops & (HEAVY if module not in COMPUTES_WITH_TORCH else set())


# Printing


def calls_and_names(tree: ast.AST) -> Iterator[str]:
    """What code names: ``print``, ``sys.argv`` and the like."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)


@pytest.mark.parametrize(
    "module", [name for name in (MGRBENCH | BASELINES) if not name.startswith("mgrbench.cli")]
)
def test_only_the_command_line_prints_reads_arguments_or_exits(module):
    tree = (MGRBENCH | BASELINES)[module]
    spoken = {"print", "input", "exit", "quit", "sys.stdout", "sys.argv", "sys.exit", "os._exit", "sys.stdin"}
    assert not spoken & set(calls_and_names(tree))
    assert not {"typer", "rich", "click", "argparse"} & {
        name.split(".")[0] for name in imported(ast.walk(tree))
    }
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc]
    assert not any("SystemExit" in ast.unparse(error) for error in raised)


def test_nothing_is_unpickled_and_nothing_is_evaluated():
    for name, tree in (MGRBENCH | BASELINES).items():
        assert not {"cPickle", "dill", "shelve", "marshal"} & imported(ast.walk(tree)), name
        # torch says by pickle's error that it refused to unpickle: the name is needed, and nothing else of it
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "pickle"
        }
        assert used <= {"UnpicklingError"}, name
        assert "pickle" not in imported(ast.walk(tree)) or used, name
        assert not {"eval", "exec"} & set(calls_and_names(tree)), name
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.load":
                keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                assert keywords.get("allow_pickle") == "False", f"{name}:{node.lineno}"
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                assert keywords.get("weights_only") == "True", f"{name}:{node.lineno}"


def test_errors_are_caught_by_name():
    """Two places may catch whatever a plugin raises."""
    allowed = {"mgrbench.core.boundary", "mgrbench.models.checks"}
    for name, tree in (MGRBENCH | BASELINES).items():
        handlers = [node.type for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
        broad = [
            handler
            for handler in handlers
            if handler is None or "Exception" in ast.unparse(handler).split(", ")
        ]
        if name not in allowed:
            assert not broad, name
