"""Pull: bring edits made in the tenant back into the manifests. Never writes to the tenant."""

from __future__ import annotations

from personalize_sync.pull.choice import Choice, Side
from personalize_sync.pull.desk import Rewrite
from personalize_sync.pull.pulling import Pulled, pull
from personalize_sync.pull.work import Taken

__all__ = ["Choice", "Pulled", "Rewrite", "Side", "Taken", "pull"]
