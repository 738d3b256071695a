"""The rooms of the house: what may import what, who prints, and who wakes the heavy libraries.

The floors are those of the picture in the design, drawn finer: the tens are its floors (the nouns, the tools,
what puts tools together, the command line), the units the order within one. An import goes to a lower number,
or stays in its own package. Every import counts, wherever in a file it stands.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import chain
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

FLOORS = {
    # floor 0: the nouns, the error, the codes of findings, files
    "errors": 0,
    "checks": 0,
    "explanations": 1,
    "references": 1,
    "types": 1,
    "files": 1,
    # floor 1: the tools
    "generated": 10,
    "published": 10,
    "collecting": 10,
    "provenance": 10,
    "processes": 10,
    "resuming": 10,
    "roots": 10,
    "stopwatch": 10,
    "unpacking": 10,
    "audio": 11,
    "contract": 11,
    "datasets": 11,
    "download": 11,
    "estimators": 11,
    "metrics": 11,
    "registry": 11,
    "store": 11,
    "features": 12,
    "fingerprints": 12,
    "imports": 12,
    "models": 12,
    "fetch": 12,
    "packs": 12,
    "predictions": 12,
    "splits": 12,
    "paired": 12,
    "statistics": 12,
    "supply": 13,
    "verify": 12,
    "clipwork": 13,
    "extract": 14,
    "panels": 14,
    "plots": 15,
    "folds": 13,
    "foreign": 13,
    "pairs": 13,
    "replicas": 13,
    "runs": 13,
    "scoring": 13,
    "journal": 14,
    "plan": 14,
    "peers": 14,
    "record": 14,
    "stored": 15,
    "profiling": 16,
    "lookup": 16,
    # floor 2: what puts them together
    "evaluation": 20,
    "score": 20,
    "comparison": 21,
    "experiments": 21,
    "boards": 21,
    "costs": 22,
    "drawings": 22,
    "retraining": 20,
    "submission": 22,
    # floor 3: the command line
    "cli": 30,
    "__main__": 31,
}
PACKAGES = ("boards", "cli", "costs", "datasets", "experiments", "features", "profiling", "splits", "store")
"""Rooms that are folders; within one, files import each other as they like, but not in a circle."""

NUMPY_AND_NOTHING_ELSE = ("errors", "checks", "explanations", "types", "published")
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
QUICK = (
    "errors",
    "checks",
    "types",
    "files",
    "registry",
    "store",
    "splits",
    "datasets",
    "features",
    "provenance",
)
"""Rooms that a listing or an audit goes through: heavy libraries are imported where they are used."""

COMPUTES_WITH_TORCH = (
    "mgrbench.features._artist_net",
    "mgrbench.features._choi",
    "mgrbench.features._keras",
    "mgrbench.features._sample_net",
    "mgrbench.profiling._components",
    "mgrbench.profiling._flops",
    "mgrbench.profiling._macs",
)
"""Private files that are or count networks; who uses one imports it inside a function."""

FACADE = "mgrbench"
"""The Python interface: it names everything and imports it when it is first used."""


def sources(*folders: str) -> dict[str, ast.Module]:
    """Module -> its syntax tree."""
    trees = {}
    for path in chain.from_iterable(sorted((REPOSITORY / folder).rglob("*.py")) for folder in folders):
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        trees[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return trees


MGRBENCH = sources("mgrbench")
BASELINES = sources("baselines")


def imported(nodes: Iterator[ast.AST], known: dict[str, ast.Module] = MGRBENCH) -> set[str]:
    """Modules that the import statements among these nodes name."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            module = node.module or ""
            inner = {f"{module}.{alias.name}" for alias in node.names}
            found |= (inner & known.keys()) or {module}
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


def test_every_room_has_a_floor_and_every_package_is_known():
    rooms = {room(name) for name in INSIDE}
    assert rooms <= FLOORS.keys(), "give the new room a number in FLOORS"
    assert {room(name) for name in INSIDE if name.count(".") > 1} <= set(PACKAGES)


@pytest.mark.parametrize("module", INSIDE)
def test_imports_point_down(module):
    for target in own(imported(ast.walk(INSIDE[module]))):
        if room(target) != room(module):
            # A room without a number fails the test above, and only that.
            below = FLOORS.get(room(target), 0) < FLOORS.get(room(module), 99)
            assert below, f"{module} imports {target}"


def test_no_files_import_each_other_in_a_circle():
    graph = {name: own(imported(ast.walk(tree))) - {name} for name, tree in INSIDE.items()}
    # A package's __init__ passes on what its files hold; they take from each other by file.
    assert list(TopologicalSorter(graph).static_order())


def test_the_picture_of_the_design_is_true():
    def floor(name: str) -> int:
        return FLOORS[name] // 10

    assert {name for name in FLOORS if floor(name) == 3} == {"cli", "__main__"}
    assert {"evaluation", "experiments", "boards"} <= {name for name in FLOORS if floor(name) == 2}
    tools = {"registry", "audio", "splits", "store", "runs", "statistics", "metrics", "datasets", "features"}
    assert {floor(name) for name in tools} == {1}
    assert floor("types") == 0
    importers = {name for name, tree in INSIDE.items() if "cli" in map(room, own(imported(ast.walk(tree))))}
    assert {room(name) for name in importers} == {"cli", "__main__"}


def test_the_lowest_rooms_need_the_standard_library_and_numpy_alone():
    for name in NUMPY_AND_NOTHING_ELSE:
        tops = {module.split(".")[0] for module in imported(ast.walk(INSIDE[f"mgrbench.{name}"]))}
        assert tops <= {*sys.stdlib_module_names, "numpy", "mgrbench"}


def test_the_facade_imports_nothing_until_it_is_asked():
    assert imported(at_import(MGRBENCH[FACADE])) <= set(sys.stdlib_module_names)
    import mgrbench

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
    allowed = {
        f"mgrbench.{room}" for room in ("types", "errors", "files", "references", "estimators", "splits")
    }
    for name, tree in BASELINES.items():
        assert own(imported(ast.walk(tree))) <= allowed, name


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
    allowed = {"mgrbench.registry", "mgrbench.contract"}
    for name, tree in (MGRBENCH | BASELINES).items():
        handlers = [node.type for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
        broad = [
            handler
            for handler in handlers
            if handler is None or "Exception" in ast.unparse(handler).split(", ")
        ]
        if name not in allowed:
            assert not broad, name
