"""``python -m kaiyan`` is ``kaiyan``."""

from kaiyan.cli import main

main()
