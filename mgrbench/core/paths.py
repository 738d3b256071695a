"""Where data lie: a dataset's audio and metadata, the stored features, the downloads."""

from __future__ import annotations

import os
from pathlib import Path


def data_root(root: Path | None, dataset: str) -> Path:
    """``root``, or the dataset's folder in ``MGRBENCH_DATA``, or in the user's data folder."""
    if root is not None:
        return root
    base, named = _base()
    # A folder of clips that isn't named like the dataset is taken as it is.
    return base / dataset if (base / dataset).exists() or not named or dataset == "synth" else base


def new_root(root: Path | None, dataset: str) -> Path:
    """As `data_root`, but a folder of the dataset's own, there or not: what is fetched goes into it."""
    return root if root is not None else _base()[0] / dataset


def _base() -> tuple[Path, bool]:
    """The folder of all datasets, and whether the user named it."""
    import platformdirs

    named = os.environ.get("MGRBENCH_DATA")
    return (Path(named) if named else platformdirs.user_data_path("mgrbench") / "datasets"), bool(named)


def downloads_root() -> Path:
    """Where downloads lie: ``downloads/`` in ``MGRBENCH_CACHE``, or else in the user's cache folder."""
    return (_named_cache() or _user_cache()) / "downloads"


def store_root() -> Path:
    """Where stored features lie: ``MGRBENCH_CACHE``, or else ``features/`` in the user's cache folder."""
    return _named_cache() or _user_cache() / "features"


def _named_cache() -> Path | None:
    """The folder that the user names by ``MGRBENCH_CACHE``."""
    named = os.environ.get("MGRBENCH_CACHE")
    return Path(named) if named else None


def _user_cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("mgrbench")
