"""Verifying a data root: what is missing, unreadable, of the wrong length or checksum, or unknown."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mgrbench.core.types import BenchError, Dataset, Track
from mgrbench.datasets.collections.gtzan import DATASET
from mgrbench.datasets.verify import LENGTH_TOLERANCE, FileFault, verify
from tests.support.helpers import cli, done

RATE = 1000  # Hz; the length in seconds is what counts, and the files stay small


def clip(file: Path, seconds: float = 30.0, subtype: str = "PCM_16") -> Path:
    """Noise of this length."""
    file.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, round(seconds * RATE))
    soundfile.write(file, noise, RATE, subtype=subtype)
    return file


def with_checksums(root: Path, **changes: object) -> Dataset:
    """GTZAN as if the files under ``root`` were the ones whose checksums were published."""
    sums = {t.id: hashlib.md5((root / (t.path or "")).read_bytes()).hexdigest() for t in DATASET.tracks(root)}

    def load(folder: Path | None) -> list[Track]:
        known = [replace(t, checksum=sums.get(t.id)) for t in DATASET.tracks(folder)]
        return [replace(t, **changes) for t in known]

    return replace(DATASET, load=load)


def test_a_whole_copy_is_ok(tmp_path):
    clip(tmp_path / "blues" / "blues.00000.wav")
    clip(tmp_path / "hiphop" / "hip-hop_00001.wav")
    dataset = with_checksums(tmp_path)
    whole = replace(dataset, load=lambda root: dataset.load(root or tmp_path))
    steps: list[tuple[int, int]] = []
    report = verify(whole, tmp_path, lambda done, total: steps.append((done, total)))
    assert report.ok
    assert (report.dataset, report.root) == ("gtzan", tmp_path)
    assert (report.expected, report.found, report.checksum_not_known) == (2, 2, 0)
    assert report.missing == report.unreadable == report.unexpected_length == report.unexpected_checksum == ()
    assert steps == [(1, 2), (2, 2)]


def test_what_is_missing_is_listed_in_order(tmp_path):
    for name in ("blues.00000.au", "rock.00099.au", "jazz.00054.au"):
        clip(tmp_path / name)
    report = verify(DATASET, tmp_path)
    assert not report.ok
    assert (report.expected, report.found, len(report.missing)) == (1000, 3, 997)
    assert report.missing[0] == "blues.00001"
    assert list(report.missing) == sorted(report.missing)
    assert "jazz.00054" not in report.missing
    assert report.checksum_not_known == 3
    assert report.unreadable == report.unexpected_length == report.unexpected_checksum == ()


def test_a_wav_file_of_another_checksum_is_named_with_both(tmp_path):
    file = clip(tmp_path / "blues.00000.wav")
    clip(tmp_path / "blues.00001.flac")
    digest = hashlib.md5(file.read_bytes()).hexdigest()
    report = verify(DATASET, tmp_path)
    detail = f"MD5 {digest}, published b462fa6a82a35d00940fe251f11447e5"
    assert report.unexpected_checksum == (FileFault("blues.00000", "blues.00000.wav", detail),)
    assert report.checksum_not_known == 1
    assert not report.ok


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_a_file_of_the_published_checksum_is_right_whatever_its_length(tmp_path, algorithm):
    file = clip(tmp_path / "blues.00000.wav", seconds=31.8)
    other = clip(tmp_path / "blues.00001.wav", seconds=31.8)
    right = hashlib.new(algorithm, file.read_bytes()).hexdigest()
    wrong = "0" * len(right)
    sums = {"blues.00000": right.upper(), "blues.00001": wrong}
    known = [replace(t, checksum=sums[t.id]) for t in DATASET.tracks(tmp_path)]
    report = verify(replace(DATASET, load=lambda root: known), tmp_path)
    assert [found.id for found in report.unexpected_length] == ["blues.00001"]
    (finding,) = report.unexpected_checksum
    assert (finding.id, finding.path) == ("blues.00001", other.name)
    assert finding.detail.endswith(f"{right}, published {wrong}")


def test_what_is_no_checksum_is_said_to_be_none(tmp_path):
    clip(tmp_path / "blues.00000.wav")
    known = [replace(t, checksum="12ab") for t in DATASET.tracks(tmp_path)]
    with pytest.raises(BenchError, match="'12ab' is no checksum; give an MD5, SHA-1 or SHA-256"):
        verify(replace(DATASET, load=lambda root: known), tmp_path)


def test_strict_says_by_its_status_that_something_is_wrong(tmp_path):
    clip(tmp_path / "blues.00000.au")
    shown = done("data", "verify", "gtzan", "--root", tmp_path).out
    assert "no published checksum is known of 1 of the clips found\nnot all clips are as expected" in shown
    for more in ((), ("--json",)):
        strict = cli("data", "verify", "gtzan", "--root", tmp_path, "--strict", *more)
        assert (strict.code, strict.err.count("error")) == (3, 0)
    (tmp_path / "mine").mkdir()
    clip(tmp_path / "mine" / "a1.wav", seconds=31.8)
    digest = hashlib.md5((tmp_path / "mine" / "a1.wav").read_bytes()).hexdigest()
    (tmp_path / "mine.py").write_text(ONE_CLIP.replace("DIGEST", digest))
    assert done("data", "verify", tmp_path / "mine.py", "--root", tmp_path / "mine", "--strict")


ONE_CLIP = '''"""One clip of 31.8 s whose checksum is published."""

from mgrbench import Dataset, Track

TRACK = dict(id="a1", genre="Waltz", seconds=30.0, checksum="DIGEST")
DATASET = Dataset(
    name="mine", about="One clip.", genres=("Waltz", "Tango"), sample_rate=8000, segment_seconds=10.0,
    segments_per_track=3, licence="none", homepage="https://example.org", citation="none",
    load=lambda root: [Track(**TRACK, path="a1.wav" if root else None)],
    identify=lambda name: "a1" if "a1" in name else None,
)
'''


def truncated(file: Path) -> None:
    clip(file)
    file.write_bytes(file.read_bytes()[:20_000])


def not_a_number(file: Path) -> None:
    samples = np.zeros(30 * RATE)
    samples[7] = np.nan
    soundfile.write(file, samples, RATE, subtype="FLOAT")


@pytest.mark.parametrize(
    "spoil",
    [
        truncated,
        not_a_number,
        lambda file: file.write_bytes(b""),
        lambda file: file.write_text("404: file not found\n"),
        lambda file: clip(file, seconds=0.0),
        lambda file: file.mkdir() or (file / "inside.txt").touch(),
        lambda file: file.symlink_to(file.parent / "gone"),
    ],
    ids=["truncated", "nan", "empty", "text", "no samples", "folder", "broken link"],
)
def test_a_spoilt_file_is_a_finding_and_the_others_are_still_checked(tmp_path, spoil):
    clip(tmp_path / "blues.00000.au")
    spoil(tmp_path / "jazz.00054.wav")
    clip(tmp_path / "rock.00000.au", seconds=20)
    report = verify(DATASET, tmp_path)
    if (tmp_path / "jazz.00054.wav").is_dir():
        assert "jazz.00054" in report.missing
    else:
        (finding,) = report.unreadable
        assert (finding.id, finding.path) == ("jazz.00054", "jazz.00054.wav")
        assert finding.detail
        assert "\n" not in finding.detail
        assert str(tmp_path) not in finding.detail
    assert [finding.id for finding in report.unexpected_length] == ["rock.00000"]
    assert report.unexpected_checksum == ()
    assert not report.ok


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (30.0, True),
        (660_000 / 22_050, True),
        (675_808 / 22_050, True),
        (30 + LENGTH_TOLERANCE, True),
        (30 + LENGTH_TOLERANCE + 0.01, False),
        (30 - LENGTH_TOLERANCE - 0.01, False),
        (3.0, False),
    ],
)
def test_length_is_checked_within_the_stated_tolerance(tmp_path, seconds, expected):
    clip(tmp_path / "pop.00000.flac", seconds)
    findings = verify(DATASET, tmp_path).unexpected_length
    assert (findings == ()) is expected
    if not expected:
        assert findings[0].detail == f"lasts {seconds:.2f} s, not 30 s (within 0.75 s)"


def test_a_track_of_unknown_length_has_no_unexpected_one(tmp_path):
    clip(tmp_path / "pop.00000.wav", 3)
    assert verify(with_checksums(tmp_path, seconds=None), tmp_path).unexpected_length == ()


def test_audio_files_of_other_names_are_named_and_do_no_harm(tmp_path):
    clip(tmp_path / "blues.00000.wav")
    clip(tmp_path / "extra" / "blues.00000.0.wav", seconds=3)
    (tmp_path / "notes.txt").touch()
    dataset = with_checksums(tmp_path)
    whole = replace(dataset, load=lambda root: dataset.load(root or tmp_path))
    report = verify(whole, tmp_path)
    assert [(f.id, f.path) for f in report.unrecognised] == [(None, "extra/blues.00000.0.wav")]
    assert report.ok


@pytest.mark.skipif(os.name == "nt", reason="file names are bytes on POSIX systems only")
def test_a_name_that_is_not_utf8_can_be_printed(tmp_path):
    clip(tmp_path / "blues.00000.au")
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcsik.wav")).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    report = verify(DATASET, tmp_path)
    assert [finding.path for finding in report.unrecognised] == ["M\ufffdsik.wav"]
    json.dumps(report.to_dict(), ensure_ascii=False).encode("utf-8")


def test_the_report_goes_through_json(tmp_path):
    clip(tmp_path / "blues.00000.wav", 5)
    (tmp_path / "jazz.00054.wav").touch()
    report = verify(DATASET, tmp_path)
    back = json.loads(json.dumps(report.to_dict()))
    assert back["ok"] is False
    assert back["root"] == str(tmp_path)
    assert (back["expected"], back["found"], len(back["missing"])) == (1000, 2, 998)
    assert back["unexpected_length"][0]["id"] == "blues.00000"
    assert back["unreadable"][0]["path"] == "jazz.00054.wav"
    assert back["length_tolerance"] == LENGTH_TOLERANCE


def test_a_root_without_clips_is_an_error(tmp_path):
    with pytest.raises(BenchError, match="holds none of the 1000 clips of gtzan"):
        verify(DATASET, tmp_path)
    with pytest.raises(BenchError, match="no such folder"):
        verify(DATASET, tmp_path / "nowhere")


def test_real_clips_of_the_collection_pass(shared_data):
    report = verify(DATASET, shared_data / "gtzan_audio_30s")
    assert (report.found, len(report.missing), report.checksum_not_known) == (10, 990, 10)
    assert report.unreadable == report.unexpected_length == report.unexpected_checksum == ()


def test_a_real_clip_cut_short_is_unreadable(shared_data, tmp_path):
    source = shared_data / "gtzan_audio_30s" / "blues.00000.au"
    (tmp_path / "blues.00000.au").write_bytes(source.read_bytes()[:700_000])
    shutil.copyfile(shared_data / "gtzan_audio_30s" / "rock.00000.au", tmp_path / "rock.00000.au")
    assert [finding.id for finding in verify(DATASET, tmp_path).unreadable] == ["blues.00000"]


def test_real_excerpts_are_of_unexpected_length(shared_data, tmp_path):
    for genre in DATASET.genres:
        name = f"{genre}.00009.flac"
        shutil.copyfile(shared_data / "gtzan_audio_17s" / name, tmp_path / name)
    report = verify(DATASET, tmp_path)
    assert len(report.unexpected_length) == report.found == 10
    assert report.unreadable == ()
