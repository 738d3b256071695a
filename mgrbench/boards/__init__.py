"""Run records -> ranked tables, every number computed again from the stored predictions."""

from mgrbench.boards.board import Board, build_board, build_boards
from mgrbench.boards.frame import leaderboard
from mgrbench.boards.groups import Resolution
from mgrbench.boards.rows import Row
from mgrbench.boards.site import check_boards, write_boards

__all__ = [
    "Board",
    "Resolution",
    "Row",
    "build_board",
    "build_boards",
    "check_boards",
    "leaderboard",
    "write_boards",
]
