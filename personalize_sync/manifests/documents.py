"""One YAML document as a manifest: its envelope, its specs per environment, its problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_MANIFEST
from personalize_sync.kinds.kind import check_names
from personalize_sync.kinds.model_tests import ModelTest
from personalize_sync.manifests import wording
from personalize_sync.manifests.complaints import quoted
from personalize_sync.manifests.flaws import Flaw
from personalize_sync.manifests.inserts import fill, misplaced, spells
from personalize_sync.manifests.model_tests import TESTS, read_tests
from personalize_sync.manifests.patches import merge, related, size, without
from personalize_sync.manifests.schemas import verdict
from personalize_sync.problems import Problem, Severity, did_you_mean
from personalize_sync.resources import Address, Manage, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from personalize_sync.kinds import Kind
    from personalize_sync.manifests.sources import ManifestSource
    from personalize_sync.resources import Document, Path

MAX_OVERRIDES = 32  # the schemas say the same; each costs as much as a document
# Stands for the flaws of a document that were not looked for.
_EVERYTHING = Flaw((), "PS1006", "", "")
API_VERSION = "personalize-sync/v1"


@dataclass(slots=True)
class Manifest:
    """A document whose kind and key can be read, valid or not."""

    source: ManifestSource
    kind: Kind
    address: Address
    environments: frozenset[str] | None
    renamed_from: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    specs: dict[str | None, Document] = field(default_factory=dict)
    """As written, overrides merged, for None (no override) and each environment with an override."""
    resources: dict[str | None, Resource] = field(default_factory=dict)
    """The same as resources, as far as it could be understood."""
    tests: tuple[ModelTest, ...] = ()
    is_valid: bool = False

    def is_for(self, environment: str) -> bool:
        """Whether the manifest counts in an environment."""
        return self.environments is None or environment in self.environments

    def resource(self, environment: str | None) -> Resource | None:
        """Return what the manifest wants in an environment; None is what it wants by itself."""
        return self.resources.get(environment) or self.resources.get(None)

    def spec(self, environment: str | None) -> Document:
        """Return the spec as an environment sees it, before files and secrets."""
        return self.specs.get(environment) or self.specs.get(None) or {}

    def source_in(self, environment: str | None) -> ManifestSource:
        """Return the document as an environment sees it."""
        if environment is None or environment not in self.specs:
            return self.source
        return self.source.seen_by(environment)


@dataclass(slots=True)
class Budget:
    """How much of one file is explained: a file that is wrong all over costs no more than others."""

    problems: int = 200
    values: int = 20_000
    is_noted: bool = False

    @property
    def is_spent(self) -> bool:
        """Whether the rest of the file is only asked for its addresses."""
        return self.problems <= 0 or self.values <= 0


class Reading:
    """Reads one document; the problems gather in `problems`."""

    def __init__(
        self,
        source: ManifestSource,
        *,
        whole: bool,
        read: Callable[[str], str],
        budget: Budget,
        judged: bool = False,
        settled: bool = False,
    ) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self._read = read
        # Whether every value of the document could be read; a hole is no reason for complaints.
        self._whole = whole
        self._budget = budget
        # Whether the schema is known to have nothing against the document.
        self._judged = judged
        # Whether, besides, it names no file and no secret, and its kind has nothing against it.
        self._settled = settled
        self._address = ""

    def manifest(self, document: Any) -> Manifest | None:
        """Return the manifest in a document, None if it cannot even be named."""
        kind = self._kind(document)
        if kind is None:
            return None
        metadata = _mapping(document.get("metadata"))
        key = metadata.get("key")
        address = Address(kind.name, key if isinstance(key, str) else "")
        self._address = str(address) if address.key else ""
        manifest = Manifest(
            self.source,
            kind,
            address,
            _environments(metadata.get("environments")),
            _words(metadata.get("renamedFrom")),
            _words(metadata.get("tags")),
        )
        spec = document.get("spec")
        if isinstance(spec, dict):
            manifest.specs[None] = spec
            overrides = _mapping(document.get("overrides"))
            for name, patch in islice(overrides.items(), MAX_OVERRIDES):
                if isinstance(patch, dict):
                    manifest.specs[name] = merge(spec, patch)
        self._judge(manifest, document)
        return manifest if address.key else None

    def _kind(self, document: Any) -> Kind | None:
        if not isinstance(document, dict):
            if self._whole:
                message = "this is not a manifest: it is not a mapping"
                self._say("PS1012", message, "Every *.yaml file below the root holds manifests.")
            return None
        kind = BY_MANIFEST.get(document["kind"]) if _is_text(document, "kind") else None
        if "apiVersion" not in document and kind is None:
            remedy = (
                f"Begin it with apiVersion: {API_VERSION} and a kind, or keep it outside the root: "
                "every *.yaml file below the root holds manifests."
            )
            self._say("PS1015", "this is not a manifest: it has no apiVersion", remedy)
        elif "kind" not in document:
            self._say("PS1011", 'missing field "kind"', f"Add kind: {', '.join(BY_MANIFEST)}.")
        elif kind is None:
            self._say_unknown_kind(document["kind"])
        return kind

    def _say_unknown_kind(self, kind: object) -> None:
        shown = quoted(kind) if isinstance(kind, str) else "not text"
        hint = did_you_mean(kind, BY_MANIFEST) if isinstance(kind, str) else ""
        remedy = f"Allowed: {', '.join(sorted(BY_MANIFEST))}.{hint}"
        if kind == "Project":
            remedy = "Only personalize-sync.yaml at the root is the project file."
        self._say("PS1015", f"kind is {shown}", remedy, ("kind",))

    def _judge(self, manifest: Manifest, document: Document) -> None:
        if self._settled:
            for environment in manifest.specs:
                self._understood(manifest, document, environment)
            manifest.is_valid = True
            return
        if self._budget.is_spent:
            self._give_up()
            return
        is_valid = _yes if self._judged else verdict(manifest.kind.name)
        flaws = [] if is_valid(document) else self._explain(manifest.kind, document, self.source)
        for environment, spec in manifest.specs.items():
            source = manifest.source_in(environment)
            own = flaws
            if environment is not None:
                merged = {**document, "spec": spec}
                if flaws or not is_valid(merged):
                    own = self._explain(manifest.kind, merged, source)
            self._judge_spec(manifest, document, environment, own)
        if TESTS in document and not flaws:
            self._read_tests(manifest, document[TESTS])
        manifest.is_valid = self._whole and not any(
            problem.severity is Severity.ERROR for problem in self.problems
        )

    def _explain(self, kind: Kind, document: Document, source: ManifestSource) -> list[Flaw]:
        from personalize_sync.manifests.explaining import explain  # noqa: PLC0415 - 75 ms

        self._budget.values -= size(document)
        if self._budget.is_spent:
            self._give_up()
            return [_EVERYTHING]
        flaws = explain(kind.name, document)
        if self._whole:
            self.problems += (self._problem(flaw, source) for flaw in flaws)
        return flaws

    def _give_up(self) -> None:
        if not self._budget.is_noted:
            self._budget.is_noted = True
            message = "there are more mistakes in this file than can be explained"
            remedy = "Correct the others first, or split the file."
            self.problems.append(Problem("PS1006", message, remedy, self.source.start))

    def _problem(self, flaw: Flaw, source: ManifestSource) -> Problem:
        removed = flaw.missing and source.has(flaw.place)  # by a null in an override
        at = source.locate_in_document(flaw.place if removed else flaw.path, key=flaw.at_key)
        return Problem(flaw.rule, flaw.message, flaw.remedy, at, address=self._address)

    def _judge_spec(
        self, manifest: Manifest, document: Document, environment: str | None, flaws: list[Flaw]
    ) -> None:
        """Read the files a spec names and ask its kind, leaving out what has the wrong type."""
        if not self._whole or _EVERYTHING in flaws:
            return
        source = manifest.source_in(environment)
        stated = manifest.specs[environment]
        for flaw in flaws:
            if not flaw.keeps_shape:
                stated = without(stated, flaw.path[1:])
        text = self.source.file.text
        spec, complaints = fill(manifest.kind.name, stated, self._read, text=text)
        for unfilled in complaints:
            at = source.locate(unfilled.at, key=unfilled.at_key)
            complaint = unfilled.complaint
            words = complaint.rule, complaint.message, complaint.remedy
            self.problems.append(Problem(*words, at, address=self._address))
        if spells(text, "fromSecret"):
            for path in misplaced(manifest.kind.name, spec):
                words = wording.secret_misplaced(path)
                if not any(related(flaw.place, ("spec", *path)) for flaw in flaws):
                    self.problems.append(
                        Problem(*words, source.locate(path), address=self._address)
                    )
        resource = self._understood(manifest, {} if flaws else document, environment, spec)
        lacking = [("spec", *unfilled.path) for unfilled in complaints]
        lacking += [flaw.place for flaw in flaws if flaw.missing]
        wrong = [flaw.place for flaw in flaws if not flaw.missing]
        self._ask_kind(manifest.kind, resource, lacking, wrong)

    def _understood(
        self,
        manifest: Manifest,
        document: Document,
        environment: str | None,
        spec: Document | None = None,
    ) -> Resource:
        """Keep what a manifest means in an environment, with a spec that is not as written."""
        resource = Resource(
            manifest.address,
            manifest.specs[environment] if spec is None else spec,
            manifest.source_in(environment),
            Manage(_mapping(document.get("metadata")).get("manage", "full")),
            manifest.renamed_from,
            manifest.tags,
        )
        manifest.resources[environment] = resource
        return resource

    def _read_tests(self, manifest: Manifest, stated: Document) -> None:
        tests = []
        for found in read_tests(manifest, stated, self._read):
            if isinstance(found, ModelTest):
                tests.append(found)
                continue
            path, wrong = found
            words = wrong.rule, wrong.message, wrong.remedy
            at = self.source.locate_in_document(path)
            self.problems.append(Problem(*words, at, address=self._address))
        manifest.tests = tuple(tests)

    def _ask_kind(
        self, kind: Kind, resource: Resource, lacking: list[Path], wrong: list[Path]
    ) -> None:
        """Ask what a schema cannot say, but not about the very thing that is wrong already."""
        for finding in (*check_names(resource), *kind.check(resource)):
            path = ("spec", *finding.path)
            if any(path[: len(place)] == place for place in lacking):
                continue
            if any(related(path, place) for place in wrong):
                continue
            at = resource.source.locate(finding.path, key=finding.at_key)
            words = finding.id, finding.message, finding.remedy
            self.problems.append(Problem(*words, at, finding.severity, self._address))

    def _say(self, rule: str, message: str, remedy: str, path: Path = ()) -> None:
        if self._budget.is_spent:
            self._give_up()
            return
        at = self.source.locate_in_document(path)
        self.problems.append(Problem(rule, message, remedy, at))


def _yes(_document: Document) -> bool:
    return True


def _is_text(document: Document, name: str) -> bool:
    return isinstance(document.get(name), str)


def _mapping(value: object) -> Document:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _words(value: Any) -> tuple[str, ...]:
    return tuple(word for word in _list(value) if isinstance(word, str))


def _environments(value: object) -> frozenset[str] | None:
    if not isinstance(value, list):
        return None
    return frozenset(name for name in value if isinstance(name, str))
