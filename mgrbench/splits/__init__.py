"""Splits: the file format, the audit, and the rules that make new ones."""

from mgrbench.splits.audit import audit_folds, audit_split
from mgrbench.splits.claims import settled
from mgrbench.splits.file import PARTS, read_split, split_from_text, split_of_rows
from mgrbench.splits.findings import Audit
from mgrbench.splits.groups import components, deal_groups, draw_validation
from mgrbench.splits.load import (
    checked_split,
    is_shipped,
    load_split,
    metadata_splits,
    official_splits,
    shipped_splits,
)
from mgrbench.splits.make import RULES, make_split
from mgrbench.splits.track_list import TrackList, read_track_list

__all__ = [
    "PARTS",
    "RULES",
    "Audit",
    "TrackList",
    "audit_folds",
    "audit_split",
    "checked_split",
    "components",
    "deal_groups",
    "draw_validation",
    "is_shipped",
    "load_split",
    "make_split",
    "metadata_splits",
    "official_splits",
    "read_split",
    "read_track_list",
    "settled",
    "shipped_splits",
    "split_from_text",
    "split_of_rows",
]
