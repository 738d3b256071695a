"""Run records -> ranked tables, every number computed again from the stored predictions."""

from mgrbench.leaderboard.board import Board, build_board, build_boards
from mgrbench.leaderboard.rows import Row
from mgrbench.leaderboard.site import check_boards, write_boards

__all__ = ["Board", "Row", "build_board", "build_boards", "check_boards", "write_boards"]
