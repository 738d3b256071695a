"""What a user names as a model -> something that builds genre models.

A model is named by its plugin's name, by ``package.module:Class`` or by ``./file.py:Class`` (see
`mgrbench.core.registry`), or given from Python as a class or a function. Five kinds of things count:

* a module with ``FEATURES`` and ``build(n_genres, seed, device, options)``, whose options its ``Options``
  declares (see `mgrbench.models.options`); without any, ``build(n_genres, seed, device)``;
* a module whose ``build`` takes its options by name: ``build(n_genres, seed, device, *, width=64)``;
* such a ``build`` function by itself;
* a class with ``fit(train, valid)`` and ``predict_proba(inputs)``, which is called with those of
  ``n_genres``, ``seed`` and ``device`` that it takes, and the options;
* any scikit-learn classifier class.

A module or class may have three more names. ``FEATURES`` are the features that it takes when the user names
none. ``SELECTION`` is ``"none"`` if it chooses nothing and wants every training track, else ``"validation"``.
``STOCHASTIC`` is False if its result does not depend on the seed. For a scikit-learn classifier,
this is tried.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from mgrbench.core.boundary import boundary
from mgrbench.core.files import sha256_of_bytes
from mgrbench.core.registry import available, load
from mgrbench.core.types import BenchError, GenreModel
from mgrbench.models.options import REQUIRED, Option, check_names, chosen_options, options_of

ModelLike = str | type | Callable[..., GenreModel]
"""What `mgrbench.evaluate` takes as a model."""

_GIVEN = ("n_genres", "seed", "device")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model that can be built any number of times.

    Attributes:
        name: what its rows are called.
        features: features it takes when the user names none.
        selection: ``"none"`` if it chooses nothing, else ``"validation"``.
        source_sha256: checksum of its source code, or None where that is not known.
        options: what it lets the user choose, or None where it takes any option.
    """

    name: str
    features: tuple[str, ...]
    selection: str
    source_sha256: str | None
    options: tuple[Option, ...] | None
    _make: Callable[..., Any]
    _stochastic: bool | None

    def depends_on_seed(self, options: Mapping[str, Any]) -> bool:
        """Whether its result depends on the seed: as a plugin says, tried for a scikit-learn classifier.

        Args:
            options: what the user chose; with some options a classifier draws numbers, without them not.
        """
        if self._stochastic is not None:
            return self._stochastic
        from mgrbench.models.seed_trial import GENRES, depends_on_seed

        tried = dict(options)
        if (self.defaults() | tried).get("early_stopping") == "auto":
            tried["early_stopping"] = (
                True  # as from 10 000 rows on, which scikit-learn then divides at random
            )
        return depends_on_seed(self.name, lambda seed: self.build(GENRES, seed, "cpu", tried))

    def build(self, n_genres: int, seed: int, device: str, options: Mapping[str, Any]) -> GenreModel:
        """A new, unfitted model.

        Raises:
            BenchError: for an option that it doesn't have (with the nearest one), for a value that an option
                does not allow, or if building fails.
        """
        if self.options is not None:
            check_names(self.name, self.options, options)
        with boundary(self.name, "being built"):
            model = self._make(n_genres=n_genres, seed=seed, device=device, **options)
        missing = [
            method for method in ("fit", "predict_proba") if not callable(getattr(model, method, None))
        ]
        if missing:
            hint = "a model has fit(train, valid) and predict_proba(inputs)"
            raise BenchError(f"{self.name} builds a {type(model).__name__} without {missing[0]}", hint)
        return model  # type: ignore[no-any-return]

    def defaults(self) -> dict[str, Any]:
        """The options with their default values, where they have one."""
        return {one.name: one.default for one in self.options or () if one.default is not REQUIRED}


def model_source(model: ModelLike) -> ModelSource:
    """The source of models that ``model`` names.

    Raises:
        BenchError: if nothing is called so, if it cannot be imported, or if it is no kind of model.
    """
    if not isinstance(model, str):
        return _source(model, getattr(model, "__name__", type(model).__name__), model, _own_source(model))
    loaded = load("models", model)
    name = loaded.plugin.name
    if loaded.plugin.origin in {"file", "module"} and name in {plugin.name for plugin in available("models")}:
        raise BenchError(f"{model!r} has the name of the model {name!r}", "give it another name")
    _check_kind(loaded.value, model)
    return _source(loaded.value, name, loaded.module, loaded.source_sha256)


def _check_kind(value: Any, model: str) -> None:  # noqa: ANN401
    """Refuse what is no model by its looks, before it is called: a name such as ``os:system`` calls anything.

    Raises:
        BenchError: for a class without ``fit``, and for a function that takes no ``n_genres``.
    """
    if isinstance(value, type):
        if not callable(getattr(value, "fit", None)):
            hint = "name a class with fit(train, valid) and predict_proba(inputs)"
            raise BenchError(f"{model} is a class without fit", hint)
    elif isinstance(value, FunctionType | BuiltinFunctionType | MethodType):
        try:
            takes = "n_genres" in inspect.signature(value).parameters
        except ValueError:  # some of Python's own functions have no signature
            takes = False
        if not takes:
            hint = "name a class with fit, or a function build(n_genres, seed, device, options)"
            raise BenchError(f"{model} is a function that takes no n_genres, so it builds no model", hint)


def _source(value: Any, name: str, about: Any, checksum: str | None) -> ModelSource:  # noqa: ANN401
    make, options = _maker(value, name)
    # A class's own attributes come before those of its module.
    owners = [value, about]

    def attribute(name: str, default: Any) -> Any:  # noqa: ANN401
        return next((getattr(owner, name) for owner in owners if hasattr(owner, name)), default)

    estimator = _is_estimator(value)
    return ModelSource(
        name=name,
        features=_checked_features(name, attribute("FEATURES", ())),
        selection=_checked_selection(name, "none" if estimator else attribute("SELECTION", "validation")),
        source_sha256=checksum or None,
        options=options,
        _make=make,
        _stochastic=None if estimator else bool(attribute("STOCHASTIC", True)),
    )


def _checked_features(name: str, features: object) -> tuple[str, ...]:
    if isinstance(features, tuple | list) and all(isinstance(feature, str) for feature in features):
        return tuple(features)
    raise BenchError(f"{name} has FEATURES = {features!r}", 'give a tuple of names, as ("choi",)')


def _checked_selection(name: str, selection: object) -> str:
    if selection not in {"none", "validation"}:
        raise BenchError(f"{name} has SELECTION = {selection!r}", 'say "none" or "validation"')
    return str(selection)


def _maker(value: Any, name: str) -> tuple[Callable[..., Any], tuple[Option, ...] | None]:  # noqa: ANN401
    """How to build a model from ``value``, and its options; None if it takes any."""
    build, home = value, getattr(value, "__globals__", {})
    if isinstance(value, ModuleType):
        build, home = getattr(value, "build", None), vars(value)
        if not callable(build):
            hint = "give it build(n_genres, seed, device, options), or name its class: file.py:Class"
            raise BenchError(f"{name} has no build function", hint)
    if not callable(build):
        raise BenchError(f"{name} is a {type(value).__name__}", "name a class or a build function")
    if _is_estimator(value):
        from mgrbench.models.parameters import estimator_options

        return _estimator(value), estimator_options(value)
    try:
        parameters = inspect.signature(build).parameters
    except ValueError as error:  # some of Python's own classes and functions have no signature
        hint = "name a class or a build function"
        raise BenchError(f"the arguments of {name} are not known", hint) from error
    if "options" in parameters and isinstance(home.get("Options"), type):
        return _declared(build, home["Options"], name)
    if isinstance(value, ModuleType):
        return build, _signature_options(parameters)
    taken = _taken(parameters)

    def called(**arguments: Any) -> Any:  # noqa: ANN401
        return value(**{key: given for key, given in arguments.items() if key not in _GIVEN or key in taken})

    return called, _signature_options(parameters)


def _declared(
    build: Callable[..., Any], declaration: type, name: str
) -> tuple[Callable[..., Any], tuple[Option, ...]]:
    """A build function that gets an instance of the class that declares its options."""
    with boundary(name, "declaring its options"):
        options = options_of(declaration, name)

    def checked(n_genres: int, seed: int, device: str, **given: Any) -> Any:  # noqa: ANN401
        chosen: Any = chosen_options(declaration, options, given)
        return build(n_genres=n_genres, seed=seed, device=device, options=chosen)

    return checked, options


def _estimator(classifier: type) -> Callable[..., GenreModel]:
    from mgrbench.models.estimator import from_class

    def estimator(n_genres: int, seed: int, device: str, **options: Any) -> GenreModel:  # noqa: ANN401, ARG001
        return from_class(classifier, n_genres, seed, options)

    return estimator


def _is_estimator(value: object) -> bool:
    # A class that derives from scikit-learn's has imported it: no need to import it to find out.
    base = sys.modules.get("sklearn.base")
    return bool(base) and isinstance(value, type) and issubclass(value, base.BaseEstimator)  # type: ignore[union-attr]


def _taken(parameters: Mapping[str, inspect.Parameter]) -> tuple[str, ...]:
    everything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    return tuple(name for name in _GIVEN if name in parameters or everything)


def _signature_options(parameters: Mapping[str, inspect.Parameter]) -> tuple[Option, ...] | None:
    """The options that a function takes by name; None if it takes any."""
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return None
    return tuple(
        Option(name, default=parameter.default)
        for name, parameter in parameters.items()
        if name not in _GIVEN
    )


def _own_source(value: Any) -> str | None:  # noqa: ANN401
    try:
        return sha256_of_bytes(inspect.getsource(value).encode())
    except (OSError, TypeError):
        return None
