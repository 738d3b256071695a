"""Every built-in model declares its options: what they mean, what they may be, and where that is read."""

from __future__ import annotations

import importlib
import inspect

import pytest

pytest.importorskip("torch")

from mgrbench.core.registry import available
from mgrbench.core.types import BenchError
from mgrbench.models.declared import declared_options
from tests.support.helpers import done
from tests.support.models import built, source_of

NAMES = [plugin.name for plugin in available("models") if plugin.origin == "built in"]
TRAINING = {"epochs", "batch", "patience", "learning_rate", "clip_norm", "channels_last", "bf16", "compiled"}


def outside(option):
    """A value just beyond the range of an option, and one of another kind."""
    if option.above is not None:
        yield option.above
    if option.least is not None:
        yield option.least - 1
    if option.most is not None:
        yield option.most + 1
    yield [option.default]


@pytest.mark.parametrize("name", NAMES)
def test_build_has_four_parameters_at_most(name):
    module = importlib.import_module(f"baselines.{name}")
    own = list(inspect.signature(module.build).parameters)
    assert own in (["n_genres", "seed", "device"], ["n_genres", "seed", "device", "options"])
    assert (len(own) == 4) == hasattr(module, "Options")


@pytest.mark.parametrize("name", NAMES)
def test_every_option_says_what_it_is(name):
    for option in source_of(name).options:
        assert option.accepts(option.default), option
        assert option.about.endswith("."), option
        assert option.about[0].isupper() or option.about[0] == "λ", option
        assert len(option.about.split()) <= 25, option
        assert option.type, option
        assert (
            {"int", "float"}.isdisjoint(option.type.split(" | "))
            or option.least is not None
            or (option.above is not None)
        ), option
        assert option.type != "str" or option.choices or option.name == "layers", option


@pytest.mark.parametrize("name", NAMES)
def test_a_value_out_of_range_is_refused_by_name(name):
    for option in source_of(name).options:
        for value in outside(option):
            with pytest.raises(BenchError) as caught:
                built(name, **{option.name: value})
            assert str(caught.value).startswith(f"{option.name} is {value!r}; "), option


@pytest.mark.parametrize("name", NAMES)
def test_a_misspelt_option_gets_the_nearest_and_the_known_ones(name):
    source = source_of(name)
    for option in source.options:
        with pytest.raises(BenchError) as caught:
            built(name, **{f"{option.name}x": 1})
        assert caught.value.problem == f"{name} has no option '{option.name}x'"
        assert caught.value.hint.startswith(f"did you mean {option.name}? its options are: ")
        assert all(one.shown() in caught.value.hint for one in source.options)
    if not source.options:
        with pytest.raises(BenchError, match="its options are: none"):
            built(name, C=1)


@pytest.mark.parametrize("name", NAMES)
def test_the_source_says_the_same_as_the_class(name):
    declared = {option.name: option for option in declared_options(f"baselines.{name}")}
    assert declared == {option.name: option for option in source_of(name).options}


def test_the_listing_shows_the_options_of_every_model():
    entries = {
        entry["name"]: entry["options"] for entry in done("list", "models", "--json").document["models"]
    }
    assert set(NAMES) <= set(entries)
    for name in NAMES:
        shown = {option["name"]: option for option in entries[name]}
        assert shown == {option.name: option.as_json() for option in source_of(name).options}


def test_training_options_are_described_once():
    """What a class changes of a training option is its default, but where it means something else."""
    texts = {
        (option.name, option.about, option.least, option.above)
        for name in NAMES
        for option in source_of(name).options
        if option.name in TRAINING and "epochs" in source_of(name).defaults()
    }
    again = {("patience", "samplecnn2018"), ("learning_rate", "nanni2018")}
    assert len(texts) == len(TRAINING) + len(again)


def test_check_shows_the_options():
    document = done("check", "svm_rbf", "--json").document
    assert document["options"] == [option.as_json() for option in source_of("svm_rbf").options]
    assert "Weight of training errors" in done("check", "svm_rbf").out
