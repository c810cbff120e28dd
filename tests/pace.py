"""How fast this machine is at the moment, so that a test can bound work without knowing seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

_WORK = 500_000


def _moment() -> float:
    began = time.process_time()
    total = 0
    for number in range(_WORK):
        total += number * number
    return time.process_time() - began


@dataclass
class Pace:
    """Measures work from its making on, in CPU time: that of the whole process, waiting left out."""

    moment: float = field(default_factory=_moment)
    began: float = field(default_factory=time.process_time)

    @property
    def moments(self) -> float:
        """How often a loop over half a million numbers could have run meanwhile."""
        return (time.process_time() - self.began) / self.moment
