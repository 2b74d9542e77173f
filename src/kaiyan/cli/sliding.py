"""The options of commands that slide a kernel over a picture: how far from window to window, and what lies outside."""

from __future__ import annotations

import click

from kaiyan.spec.conventions import mode_words


def stride() -> click.Option:
    """``--stride``, read by ``written.value``."""
    return click.Option(
        ["--stride"],
        default="1",
        metavar="N",
        help="pixels from one window to the next: one number, or one per axis",
    )


def dilation() -> click.Option:
    """``--dilation``, read by ``written.value``."""
    return click.Option(
        ["--dilation"],
        default="1",
        metavar="N",
        help="pixels from one tap to the next: one number, or one per axis",
    )


def padding_mode(default: str) -> click.Option:
    """``--padding-mode``."""
    return click.Option(
        ["--padding-mode"],
        default=default,
        metavar="|".join(mode_words()),
        help="how the picture continues beyond its edge",
    )
