"""Numbers of outcomes: metrics, their intervals, tests of their differences."""
