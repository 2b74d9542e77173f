"""Convolutions and linear layers: the engine's routines on places."""

from __future__ import annotations

ROWS = ()
