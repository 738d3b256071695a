"""Run records -> ranked tables, every number computed again from the stored predictions."""

from mgrbench.leaderboards.board import Board, build_board, build_boards
from mgrbench.leaderboards.dataframe import leaderboard
from mgrbench.leaderboards.pages import check_boards, write_boards
from mgrbench.leaderboards.ranks import Resolution
from mgrbench.leaderboards.rows import Row

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
