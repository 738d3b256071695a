"""The digest of a built-in model's code: what changes no value leaves it, what changes one does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mgrbench.core.registry import available, load
from mgrbench.core.source_digest import source_digest
from tests.support.helpers import REPOSITORY

MODEL = '''"""A model."""

from toy._shared.helpers import scaled
from mgrbench import BenchError, option

WIDTH = 3
TABLE = {}
TABLE["a"] = 1


class Options:
    depth: int = option(2, "How deep.", least=1)


def build(n_genres, seed, device, options):
    """The model."""
    return Model(n_genres, options.depth, TABLE)


class Model:
    """What is fitted."""

    def __init__(self, n_genres: int, depth: int, table: dict) -> None:
        if depth > 9:
            hint = "take less"
            raise BenchError(f"depth is {depth}", hint)
        self.size = scaled(n_genres, depth) * WIDTH - len(table)

    def unlike(self, other):
        return self.size - other.size
'''
HELPERS = '''"""Helpers."""

import math

FACTOR = 2.0


def scaled(values, depth):
    # Twice as deep, twice as wide.
    return _again(values * FACTOR, depth)


def _again(values, depth):
    return values if depth == 0 else math.sqrt(scaled(values, depth - 1))


def unused():
    return 1
'''


def package(folder: Path, model: str = MODEL, helpers: str = HELPERS, helpers_file: str = "helpers") -> str:
    toy = folder / "toy"
    shutil.rmtree(toy, ignore_errors=True)
    (toy / "_shared").mkdir(parents=True)
    (toy / "__init__.py").touch()
    (toy / "model.py").write_text(model)
    (toy / "_shared" / f"{helpers_file}.py").write_text(helpers)
    return source_digest(toy, "toy.model")


NO_VALUE = {
    "a comment": ("WIDTH = 3", "WIDTH = 3  # wide enough"),
    "a docstring": ('"""What is fitted."""', '"""What is fitted to the training part."""'),
    "an annotation": ("depth: int, table: dict", "depth: float, table: object"),
    "a renamed constant": ("WIDTH", "BREADTH"),
    "a renamed class": ("Model(", "Network(", "class Model:", "class Network:"),
    "the text of an error": ('f"depth is {depth}"', '"too deep"'),
    "the hint of an error": ('hint = "take less"', 'hint = f"take less than {depth}"'),
    "the sentence of an option": ('"How deep."', '"Number of layers."'),
    "a blank line": ("TABLE = {}\n", "TABLE = {}\n\n"),
    "brackets": ("self.size - other.size", "(self.size) - (other.size)"),
    "an import that is not used": ("WIDTH = 3", "import math\nWIDTH = 3"),
    "the order of definitions": ("WIDTH = 3\n", "", "def build(", "WIDTH = 3\n\n\ndef build("),
}


@pytest.mark.parametrize("change", NO_VALUE)
def test_what_changes_no_value_leaves_it(tmp_path, change):
    text, pairs = MODEL, NO_VALUE[change]
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    assert package(tmp_path, text) == package(tmp_path)


def test_a_renamed_and_a_moved_helper_leave_it(tmp_path):
    renamed = (
        MODEL.replace("scaled", "widened"),
        HELPERS.replace("scaled", "widened").replace("_again", "_deeper"),
    )
    assert package(tmp_path, *renamed) == package(tmp_path)
    moved = MODEL.replace("toy._shared.helpers", "toy._shared.sizes")
    assert package(tmp_path, moved, helpers_file="sizes") == package(tmp_path)
    own = MODEL.replace("from toy._shared.helpers import scaled\n", HELPERS.split('"""\n', 1)[1])
    assert package(tmp_path, own) == package(tmp_path)


def test_a_module_taken_whole_counts_like_what_is_taken_of_it(tmp_path):
    whole = MODEL.replace("from toy._shared.helpers import scaled", "from toy._shared import helpers")
    assert package(tmp_path, whole.replace("scaled(", "helpers.scaled(")) == package(tmp_path)


def test_what_nothing_names_leaves_it(tmp_path):
    assert package(tmp_path, helpers=HELPERS.replace("return 1", "return 2")) == package(tmp_path)


VALUES = {
    "a constant": ("WIDTH = 3", "WIDTH = 4"),
    "a whole number made a fraction": ("WIDTH = 3", "WIDTH = 3.0"),
    "an entry of a table": ('TABLE["a"] = 1', 'TABLE["a"] = 2'),
    "one more entry": ('TABLE["a"] = 1', 'TABLE["a"] = 1\nTABLE["b"] = 1'),
    "the default of an option": ("option(2,", "option(3,"),
    "an operator": ("* WIDTH", "+ WIDTH"),
    "the order of operands": ("self.size - other.size", "other.size - self.size"),
    "the order of arguments": ("scaled(n_genres, depth)", "scaled(depth, n_genres)"),
    "when it is refused": ("depth > 9", "depth > 8"),
}


@pytest.mark.parametrize("change", VALUES)
def test_what_changes_a_value_does_not(tmp_path, change):
    old, new = VALUES[change]
    assert old in MODEL
    assert package(tmp_path, MODEL.replace(old, new)) != package(tmp_path)


@pytest.mark.parametrize(
    ("old", "new"), [("FACTOR = 2.0", "FACTOR = 2.5"), ("depth - 1", "depth - 2"), ("sqrt", "log")]
)
def test_what_changes_in_another_file_counts_as_far_as_it_is_used(tmp_path, old, new):
    assert package(tmp_path, helpers=HELPERS.replace(old, new)) != package(tmp_path)


# The models themselves


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copied") / "baselines"
    shutil.copytree(REPOSITORY / "baselines", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


MODELS = [plugin.name for plugin in available("models") if plugin.origin == "built in"]


@pytest.mark.parametrize("name", MODELS)
def test_a_models_digest_does_not_depend_on_where_it_is_installed(copied, name):
    assert load("models", name).source_sha256 == source_digest(copied, f"baselines.{name}")


def test_every_model_has_a_digest_of_its_own():
    assert len({load("models", name).source_sha256 for name in MODELS}) == len(MODELS)


@pytest.mark.parametrize("name", ["svm_rbf", "lee2009", "nanni2018", "fusionnet"])
def test_a_comment_in_every_file_leaves_the_digest(copied, tmp_path, name):
    commented = tmp_path / "baselines"
    shutil.copytree(copied, commented)
    for file in commented.rglob("*.py"):
        text = file.read_text("utf-8").replace("\nfrom __future__", "\n# A remark.\nfrom __future__", 1)
        file.write_text(f"{text}\n# Another one.\n", "utf-8")
    module = f"baselines.{name}"
    assert source_digest(commented, module) == source_digest(copied, module)
