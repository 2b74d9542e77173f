"""Whether a wheel brings the whole studio: run in an environment that has it and its extra ``studio`` alone.

``python tests/studio_of_a_wheel.py page.html`` looks at a page that was written there and asks all three tabs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import kaiyan

PASTED = "import torch\nfrom torch import nn\nnn.Linear(3, 4)(torch.zeros(1, 5))"


def main() -> None:
    page = Path(sys.argv[1]).read_text("utf-8")
    assert '"kind": "network.look"' in page, "the network was not recorded on the picture"
    widget = kaiyan.Widget("nn.Conv2d(1, 1, 3)", kernel="sobel-x")
    assert len(widget._esm) > 100_000, "the page is not in the wheel"
    answers: dict[str, Any] = {}
    widget.send = lambda content, _: answers.update({content["ask"]: content["facts"]})
    for kind, facts in (("network.open", {"name": "efficientnet_lite0"}), ("diagnose", {"text": PASTED})):
        widget._handle_custom_msg({"ask": kind, "facts": {"kind": kind, **facts}}, [])
    assert answers["network.open"]["layers"], answers["network.open"]
    assert answers["diagnose"]["gate"]["line"] == 3, answers["diagnose"]


if __name__ == "__main__":
    main()
