"""Where data lie: named by the user's environment, or in the user's own folders."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from mgrbench.core.paths import data_root, downloads_root, new_root, store_root


def test_the_cache_that_the_user_names_holds_features_and_downloads(monkeypatch, tmp_path):
    monkeypatch.setenv("MGRBENCH_CACHE", str(tmp_path))
    assert store_root() == tmp_path
    assert downloads_root() == tmp_path / "downloads"


def test_without_a_name_both_lie_in_the_cache_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("MGRBENCH_CACHE", "")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / name)
    assert store_root() == tmp_path / "mgrbench" / "features"
    assert downloads_root() == tmp_path / "mgrbench" / "downloads"


def test_a_dataset_lies_in_a_folder_of_its_name_where_there_is_one(monkeypatch, tmp_path):
    monkeypatch.setenv("MGRBENCH_DATA", str(tmp_path))
    assert data_root(None, "gtzan") == tmp_path
    assert new_root(None, "gtzan") == tmp_path / "gtzan"
    (tmp_path / "gtzan").mkdir()
    assert data_root(None, "gtzan") == tmp_path / "gtzan"
    assert data_root(Path("elsewhere"), "gtzan") == Path("elsewhere")
