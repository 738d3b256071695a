"""``python -m mgrbench``."""

from mgrbench.cli import main

if __name__ == "__main__":
    main()
