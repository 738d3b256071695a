"""What a stored feature is: its manifest, and the fingerprint that identifies its values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mgrbench.core.files import read_text, sha256_of_bytes
from mgrbench.core.types import BenchError, FeatureSpec, FloatArray

SCHEMA_VERSION = 1
REMAKE = "remove the folder, then extract or import the feature again"
"""What to do about a damaged file of the store."""

# Raised when `mgrbench.Clip` gives a feature plugin other samples than before: stored values are then stale.
# 2: `Clip.at` resamples the audio file's own samples, no longer those at the dataset's rate.
_CLIP_VERSION = 2


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a stored feature is.

    Attributes:
        dataset: name of the dataset.
        feature: name of the feature.
        fingerprint: identity of the values: of an import the checksum of ids and values, of a computed
            feature that of its spec, its library versions and the dataset's segments.
        kind: ``"imported"`` or ``"computed"``.
        about: where the values come from: file and key, or the spec with its versions.
        ids: track ids in row order.
        caveat: what readers of results from these values must know; empty if nothing.
    """

    dataset: str
    feature: str
    fingerprint: str
    kind: str
    about: Mapping[str, Any]
    ids: tuple[str, ...]
    caveat: str = ""
    schema_version: int = SCHEMA_VERSION


def manifest_text(manifest: Manifest) -> str:
    """The text of ``manifest.json``."""
    document = {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}
    document |= {"ids": list(manifest.ids), "about": dict(manifest.about)}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read_manifest(path: Path) -> Manifest:
    """Read ``manifest.json``.

    Raises:
        BenchError: if it is damaged or of another schema version.
    """
    try:
        document = json.loads(read_text(path))
        if (version := document["schema_version"]) != SCHEMA_VERSION:
            raise BenchError(f"has the schema version {version}", REMAKE, path)
        return Manifest(**{**document, "ids": tuple(document["ids"])})
    except (json.JSONDecodeError, TypeError, KeyError) as error:
        raise BenchError(f"is damaged ({error})", REMAKE, path) from error


def fingerprint_of_values(ids: Sequence[str], values: FloatArray) -> str:
    """Checksum of an import: of its ids and values, whatever order the tracks came in."""
    order = sorted(range(len(ids)), key=lambda position: ids[position])
    parts = [str(values.shape[1:]).encode()]
    for position in order:
        parts += [ids[position].encode(), np.ascontiguousarray(values[position], dtype="<f4").tobytes()]
    return sha256_of_bytes(b"\0".join(parts))


def fingerprint_of_spec(
    spec: FeatureSpec, versions: Mapping[str, str], segments: Mapping[str, Any], source: str = ""
) -> str:
    """Identity of a computed feature: its spec, the library versions, the dataset's segments.

    A plugin that isn't built in adds the checksum of its source, and the version of what its clips give it.
    """
    parts: dict[str, Any] = {
        "name": spec.name,
        "version": spec.version,
        "parameters": dict(spec.parameters),
        "libraries": dict(versions),
        "segments": dict(segments),
    }
    if source:
        parts |= {"source": source, "clip": _CLIP_VERSION}
    return sha256_of_bytes(json.dumps(parts, sort_keys=True).encode())
