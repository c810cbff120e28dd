"""The tenant: everything between REST answers and live values."""

import sys

# Where click and rich are installed, httpx imports its own command line, which nobody here runs
# and which takes as long as all the rest of it. None makes that import fail, which httpx expects.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
