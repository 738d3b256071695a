"""Importing precomputed features: what is sound goes into the store as it is, anything else is refused."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.types import BenchError
from mgrbench.features.caveats import caveat_of
from mgrbench.features.importing import import_features
from mgrbench.features.store import FeatureStore

GTZAN = load_dataset("gtzan")
IDS = ("blues.00007", "blues.00000", "rock.00099", "hiphop.00003")


def table(shape=(4, 3), seed=0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "store")


def npz(tmp_path, **arrays):
    """A file with ids and values, either of which may be given otherwise or, as None, left out."""
    given_arrays = {"ids": np.array(IDS), "x": table(), **arrays}
    file = tmp_path / "features.npz"
    np.savez(file, **{key: value for key, value in given_arrays.items() if value is not None})
    return file


def bring(file, store, **more):
    return import_features(GTZAN, "toy", file, "x", store=store, **more)


# What goes in


@pytest.mark.parametrize(
    ("shape", "segmented", "stored_shape"),
    [
        ((4,), False, (4, 1, 1)),
        ((4, 3), False, (4, 1, 3)),
        ((4, 27, 12), False, (4, 1, 27, 12)),
        ((4, 2, 5, 6), False, (4, 1, 2, 5, 6)),
        ((4, 3, 7), True, (4, 3, 7)),
        ((4, 1, 1), True, (4, 1, 1)),
        ((4, 3, 5, 6), True, (4, 3, 5, 6)),
    ],
)
def test_any_shape_behind_the_first_axis_goes_in(tmp_path, store, shape, segmented, stored_shape):
    values = table(shape)
    stored = bring(npz(tmp_path, x=values), store, segmented=segmented)
    assert stored.values.shape == stored_shape
    rows = stored.rows([IDS[2], IDS[0]])
    assert rows.tobytes() == values[[2, 0]].astype(np.float32).tobytes()


@pytest.mark.parametrize(
    "kind", ["float16", "float32", "float64", ">f8", "int8", "uint16", "int64", "longdouble"]
)
def test_any_real_numbers_go_in(tmp_path, store, kind):
    values = np.arange(12).reshape(4, 3).astype(kind)
    assert np.array_equal(bring(npz(tmp_path, x=values), store).rows(IDS)[:, 0], np.arange(12).reshape(4, 3))


@pytest.mark.parametrize(
    "ids",
    [
        np.array(IDS),
        np.array(IDS, dtype="S"),
        np.array([f"genres/{name.split('.')[0]}/{name}.au" for name in IDS]),
        np.array(["Blues_00007.wav", "blues00000.mp3", "ROCK.00099", "hip-hop/Hip-Hop.00003.flac"]),
    ],
)
def test_ids_may_be_file_names(tmp_path, store, ids):
    assert bring(npz(tmp_path, ids=ids), store).ids == IDS


def test_keys_name_and_origin_are_kept(tmp_path, store):
    file = npz(tmp_path, names=np.array(IDS), ids=None, x=None, y=table())
    stored = import_features(GTZAN, "mine", file, "y", ids="names", caveat="with care", store=store)
    assert (stored.manifest.feature, stored.manifest.caveat) == ("mine", "with care")
    about = stored.manifest.about
    assert (about["file"], about["array"], len(about["file_sha256"])) == ("features.npz", "y", 64)


def test_the_same_values_in_another_order_are_the_same_feature(tmp_path, store):
    first = bring(npz(tmp_path), store).manifest.fingerprint
    second = bring(npz(tmp_path, ids=np.array(IDS[::-1]), x=table()[::-1]), store)
    assert second.manifest.fingerprint == first
    assert np.array_equal(second.rows(IDS)[:, 0], table().astype(np.float32))


def test_a_compressed_archive_is_read(tmp_path, store):
    np.savez_compressed(tmp_path / "x.npz", ids=np.array(IDS), x=table())
    assert bring(tmp_path / "x.npz", store).ids == IDS


# What is refused


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({"ids": np.array(["a", *IDS[1:]])}, r":ids: 1 ids are no track of gtzan, the first 'a'; ids look"),
        ({"ids": np.array([*IDS[:3], "blues.01000"])}, r"the first 'blues\.01000'"),
        ({"ids": np.array([*IDS[:3], IDS[0]])}, r":ids: 1 ids are there twice, .*; keep one row a track"),
        (
            {"ids": np.array([*IDS[:3], "blues_00007.wav"])},
            r"1 ids are there twice, the first 'blues\.00007'",
        ),
        ({"ids": np.arange(4)}, r":ids: are ids of type int64 and shape \(4,\); store one string a track"),
        ({"ids": np.array([IDS])}, r":ids: are ids of type <U12 and shape \(1, 4\)"),
        ({"ids": np.array("blues.00000")}, r":ids: are ids of type .* and shape \(\)"),
        ({"ids": np.array([], dtype="U4")}, r":ids: there is no track"),
        ({"ids": np.array([b"\xff\xfe", b"a", b"b", b"c"])}, r"4 ids are no track of gtzan"),
        ({"ids": np.array(IDS[:3])}, r":x: has 4 rows for 3 ids; store one row an id, in the same order"),
        ({"x": table((5, 3))}, r":x: has 5 rows for 4 ids"),
        ({"x": np.array(1.0)}, r":x: has a single number for 4 ids"),
        ({"x": table((4, 0))}, r":x: has the shape \(4, 0\), so no values"),
        ({"x": np.array(["a", "b", "c", "d"])}, r":x: are values of type <U1; store real numbers"),
        ({"x": table() > 0}, r":x: are values of type bool"),
        ({"x": table().astype(complex)}, r":x: are values of type complex128"),
        ({"x": np.zeros(4, "M8[s]")}, r":x: are values of type datetime64"),
        ({"x": np.zeros(4, [("a", "f4")])}, r":x: are values of type \[\('a'"),
        ({"ids": None}, r"npz: has no array 'ids'; it has x: choose by --array and --ids"),
        ({"x": None, "y": table()}, r"npz: has no array 'x'; it has ids, y"),
    ],
)
def test_what_does_not_fit_is_refused_with_file_and_key(tmp_path, store, arrays, problem):
    with pytest.raises(BenchError, match=problem) as caught:
        bring(npz(tmp_path, **arrays), store)
    assert "\n" not in str(caught.value)
    assert store.datasets() == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39, -1e300])
def test_values_that_are_no_finite_float32_are_refused(tmp_path, store, value):
    values = table()
    values[2, 1] = value
    with pytest.raises(BenchError, match=r":x: 1 tracks have NaN, infinity .*, the first rock\.00099"):
        bring(npz(tmp_path, x=values), store)


@pytest.mark.parametrize("shape", [(4,), (4, 3)])
def test_segmented_values_need_an_axis_for_the_segments(tmp_path, store, shape):
    with pytest.raises(BenchError, match=r"segmented values have the shape \(tracks, segments, …\)"):
        bring(npz(tmp_path, x=table(shape)), store, segmented=True)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".x", "a b"])
def test_names_that_would_leave_the_store_are_refused_before_anything_is_read(tmp_path, store, name):
    with pytest.raises(BenchError, match="a feature can't be called"):
        import_features(GTZAN, name, tmp_path / "none.npz", "x", store=store)


class Bomb:
    """Says so when it is unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


@pytest.mark.parametrize("key", ["ids", "x"])
def test_pickled_objects_are_refused_and_never_loaded(tmp_path, store, key):
    bomb = np.array([Bomb()] * 4, dtype=object)
    with pytest.raises(
        BenchError, match=r"npz: holds pickled objects, or is no \.npz file; save plain numbers"
    ):
        bring(npz(tmp_path, **{key: bomb}), store)


def test_files_that_are_no_archive_are_refused(tmp_path, store):
    np.save(tmp_path / "one.npy", table())
    with pytest.raises(BenchError, match=r"one\.npy: is one array without ids; save it as \.npz"):
        bring(tmp_path / "one.npy", store)
    (tmp_path / "text.npz").write_text("blues.00000,0.1\n")
    with pytest.raises(BenchError, match=r"text\.npz: holds pickled objects, or is no \.npz file"):
        bring(tmp_path / "text.npz", store)
    (tmp_path / "empty.npz").touch()
    with pytest.raises(BenchError, match=r"empty\.npz: is no readable \.npz file"):
        bring(tmp_path / "empty.npz", store)
    with pytest.raises(BenchError, match=r"none\.npz: no such file"):
        bring(tmp_path / "none.npz", store)
    with pytest.raises(BenchError, match="is a folder, not a file"):
        bring(tmp_path, store)
    with zipfile.ZipFile(tmp_path / "notes.npz", "w") as archive:
        archive.writestr("ids", "no array")
        archive.writestr("x", "no array")
    with pytest.raises(BenchError, match=r"notes\.npz:"):
        bring(tmp_path / "notes.npz", store)


def test_an_array_that_announces_more_than_memory_is_refused(tmp_path, store):
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive:
        for key in ("ids", "x"):
            with archive.open(f"{key}.npy", "w") as stream:
                header = {"descr": "<f4", "fortran_order": False, "shape": (4, 1 << 50)}
                np.lib.format.write_array_header_1_0(stream, header)
    with pytest.raises(BenchError, match=r"huge\.npz: is no readable \.npz file"):
        bring(tmp_path / "huge.npz", store)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.booleans(), st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4), st.booleans())
def test_whatever_bytes_change_the_values_are_right_or_refused(tmp_path_factory, packed, place, new, cut):
    base = tmp_path_factory.getbasetemp()
    file, store = base / "fuzzed.npz", FeatureStore(base / "fuzzed_imports")
    (np.savez_compressed if packed else np.savez)(file, ids=np.array(IDS), x=table())
    data = bytearray(file.read_bytes())
    at = int(place * len(data))
    data[at : at + len(new)] = new
    file.write_bytes(data[:at] if cut else data)
    try:
        stored = bring(file, store, replace=True)
    except BenchError:  # refused
        return
    assert stored.rows(IDS).tobytes() == table().astype(np.float32).tobytes()


# Published features


def test_values_nothing_is_known_of_have_no_caveat(tmp_path, store):
    stored = bring(npz(tmp_path), store)
    assert stored.manifest.caveat == caveat_of(stored.values) == ""


@pytest.mark.parametrize("order", [1, -1])
def test_the_published_choi_features_bring_their_caveat_in_any_order(shared_data, tmp_path, store, order):
    with np.load(shared_data / "gtzan_choi.npz", allow_pickle=False) as archive:
        ids, values = archive["ids"][::order], archive["convnet"][::order]
    stored = bring(npz(tmp_path, ids=ids, x=values), store)
    assert len(stored.ids) == 1000
    assert "label-sorted batches" in stored.manifest.caveat
    assert bring(npz(tmp_path, ids=ids, x=values), store, caveat="mine").manifest.caveat == "mine"
