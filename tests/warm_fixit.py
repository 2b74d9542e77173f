"""Imported once where processes are forked from: what a pasted text needs is there when each of them begins."""

from kaiyan.studio.desk import Desk

for text in (
    "nn.Conv2d(3, 8, 3, padding='same', stride=2)",
    "nn.Sequential(nn.Linear(3, 1))(torch.ones(1, 4))",
):
    Desk().answer({"kind": "diagnose", "text": text}, [])
