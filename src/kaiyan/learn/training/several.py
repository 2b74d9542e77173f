"""Lightning Fabric, as it is used here: imported only where several processes or another device are asked for."""

from __future__ import annotations

import logging
from typing import Any

from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from lightning_fabric.utilities.exceptions import MisconfigurationException


class Spawned(DDPStrategy):
    """Processes that begin anew, of one machine, and do not announce themselves."""

    def __init__(self) -> None:
        super().__init__(start_method="spawn")

    def setup_environment(self) -> None:
        """As Fabric does, in each process."""
        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
        super().setup_environment()


def fabric(devices: int, accelerator: str) -> Any:
    """A Fabric for so many devices of a kind. Raises ``ValueError`` or ``RuntimeError`` where they are not there."""
    try:
        return Fabric(accelerator=accelerator, devices=devices, strategy=Spawned() if devices > 1 else "auto")
    except MisconfigurationException as error:
        raise ValueError(str(error)) from None
