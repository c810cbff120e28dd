"""Whatever Git, the UI and the keys do: no edit in the tenant is lost without having been shown."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from world import World

from personalize_sync.project import OnDrift
from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import ConcurrentEdit, Status

_KEYS = st.sampled_from(["one", "two"])
_FIELDS = st.sampled_from(["name", "html", "icon"])
_WORDS = st.sampled_from(["red", "green", "blue"])
_PATHS = {"name": "/name", "html": "/templateElements/html", "icon": "/icon"}
_FEATURES = (
    "connections",
    "developer-templates",
    "decision-model-testing",
    "multiple-resources",
)


class TwoWorlds(RuleBasedStateMachine):
    """A team commits, Maria edits in the UI, keys rotate, applies come when they come.

    `icon` is stated by no manifest, so what Maria writes there must stay for ever.
    """

    @initialize()
    def begin(self) -> None:
        """Two templates, applied once."""
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name))
        self.git = {key: {"name": key, "html": "<p/>"} for key in ("one", "two")}
        self.maria: dict[tuple[str, str], str] = {}
        self.shown: set[tuple[str, str, str]] = set()
        self.keys = 0
        for key in self.git:
            self._commit(key)
        assert self.world.apply().exit_code == 0

    def teardown(self) -> None:
        """Let go of the files."""
        self.world.sandbox.close()
        self.folder.cleanup()

    @rule(key=_KEYS, field=st.sampled_from(["name", "html"]), word=_WORDS)
    def commit(self, key: str, field: str, word: str) -> None:
        """Somebody changes a manifest."""
        self.git[key][field] = word
        self._commit(key)

    @rule(key=_KEYS, field=_FIELDS, word=_WORDS)
    def edit(self, key: str, field: str, word: str) -> None:
        """Maria changes a template in the UI."""
        if self._stored(key, field) != word:
            self.world.edit(f"template/{key}", **_edit(field, word))
            self.maria[key, field] = word

    @rule(named=st.booleans())
    def rotate(self, *, named: bool) -> None:
        """New keys replace the old ones; the project file may or may not name the former id."""
        self.keys += 1
        former = {self.world.environ[name] for name in self._ids()}
        for name, feature in zip(self._ids(), _FEATURES, strict=True):
            client_id = f"rotated-{self.keys}-{feature}"
            self.world.sandbox.add_key(feature, client_id, "new")  # type: ignore[arg-type]
            self.world.environ[name] = client_id
            self.world.environ[name.replace("_CLIENT_ID", "_CLIENT_SECRET")] = "new"
        if named:
            before = self.world.rules.get("writers", ())
            self.world.rules["writers"] = (*before, *sorted(former))

    @rule(
        policy=st.sampled_from(list(OnDrift)),
        race=st.booleans(),
        partial=st.booleans(),
        word=_WORDS,
    )
    def apply(self, *, policy: OnDrift, race: bool, partial: bool, word: str) -> None:
        """Somebody applies; Maria may edit between look and write, and a write may be refused."""
        fault = Fault(ConcurrentEdit("template/one", {"icon": word}), "PUT", self._path("one"))
        if race:
            self.world.sandbox.faults.add(fault)
        if partial:
            self.world.sandbox.faults.add(Fault(Status(400), "PUT", self._path("two")))
        report = self.world.apply(on_drift=policy, skip_blocked=True)
        self.world.sandbox.faults.clear()
        for change in report.plan.changes:
            for field in change.fields:
                self.shown.add((change.address.key, field.pointer, str(field.before)))
        for drift in report.plan.drift:
            for field in drift.fields:
                self.shown.add((drift.address.key, field.pointer, str(field.before)))
        if fault.fired:
            # Our write was the next request, so it went over her edit; that must have been said.
            (hit,) = (o for o in report.outcomes if o.address.key == "one")
            assert hit.exit_code == 13
            self.maria.pop(("one", "icon"), None)

    @invariant()
    def nothing_of_hers_is_lost_unseen(self) -> None:
        """Each edit is still there, or was shown with its value before it went."""
        for (key, field), word in list(self.maria.items()):
            if self._stored(key, field) == word:
                continue
            assert field != "icon", "an unmanaged field was written"
            assert (key, _PATHS[field], word) in self.shown
            del self.maria[key, field]

    def _commit(self, key: str) -> None:
        spec = self.git[key]
        self.world.template(key, name=spec["name"], templateElements={"html": spec["html"]})

    def _stored(self, key: str, field: str) -> Any:
        body = self.world.stored(f"template/{key}")
        if field == "html":
            return body["templateElements"][0]["template"]
        return body.get(field)

    def _path(self, key: str) -> str:
        return "*/" + self.world.sandbox.stored(f"template/{key}").ref

    def _ids(self) -> list[str]:
        names = (
            f"PERSONALIZE_SYNC_TEST_{f.replace('-', '_').upper()}_CLIENT_ID" for f in _FEATURES
        )
        return list(names)


def _edit(field: str, word: str) -> dict[str, str]:
    return {"templateElements__html" if field == "html" else field: word}


TestTwoWorlds = TwoWorlds.TestCase
TestTwoWorlds.settings = settings(
    max_examples=int(os.environ.get("SWEEP", "12")),
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
