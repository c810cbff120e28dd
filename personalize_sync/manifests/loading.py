"""Files -> desired resources: reads everything below the root and reports every problem at once."""

from __future__ import annotations

import gc
import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from personalize_sync.manifests.clean import understanding
from personalize_sync.manifests.complaints import Complaint, quoted
from personalize_sync.manifests.composing import compose, decode
from personalize_sync.manifests.copies import Copies
from personalize_sync.manifests.crosschecks import check_together
from personalize_sync.manifests.documents import Budget, Reading
from personalize_sync.manifests.files import Tree, printable_name, tree_digest
from personalize_sync.manifests.ignoring import sift
from personalize_sync.manifests.memory import Memory
from personalize_sync.manifests.sources import ManifestSource, SourceFile
from personalize_sync.manifests.values import Values
from personalize_sync.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TypeGuard

    from yaml.nodes import Node

    from personalize_sync.kinds.model_tests import ModelTest
    from personalize_sync.manifests.clean import CleanDocument
    from personalize_sync.manifests.documents import Manifest
    from personalize_sync.problems import Ignored
    from personalize_sync.project import Project
    from personalize_sync.resources import Resource


_A_LOT = 50_000  # objects: some hundred manifests


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything below the manifest root, read and checked."""

    resources: tuple[Resource, ...]
    """What the valid manifests want in the environment, by address; variants on their own."""
    problems: tuple[Problem, ...]
    ignored: tuple[Ignored, ...]
    """Warnings that comments ask to ignore."""
    files: int
    """Manifest files that were read."""
    manifests: int
    """Documents in them."""
    tree_digest: str
    """Identifies the text of every manifest and of every file that manifests name."""
    tests: tuple[ModelTest, ...] = ()
    """The tests of the decision models among them whose variant exists in the environment."""
    named: tuple[str, ...] = ()
    """The files that manifests name, relative to the root, links resolved."""
    links: tuple[str, ...] = ()
    """The links that lead to any of it."""


def load_manifests(
    project: Project,
    *,
    environment: str | None = None,
    instead: Mapping[str, bytes] = MappingProxyType({}),
) -> Loaded:
    """Read every manifest of a project; without an environment, as all of them see it.

    `instead` has the content of files as it would be, by name, in place of the one on the disk.
    """
    return load_views(project, (environment,), instead=instead)[environment]


def load_views(
    project: Project,
    environments: Iterable[str | None],
    *,
    instead: Mapping[str, bytes] = MappingProxyType({}),
) -> dict[str | None, Loaded]:
    """Read every manifest of a project once, and return it as each of the environments sees it."""
    with _no_garbage_collection():
        tree = _TreeReading(Tree(project.root), Memory(project.root), instead)
        tree.read_all()
        return {environment: _view(tree, project, environment) for environment in environments}


def check_tree(
    project: Project, files: Tree, memory: Memory, *, environment: str | None = None
) -> Loaded:
    """Return what is to be said of a project, without its resources and tests."""
    with _no_garbage_collection():
        tree = _TreeReading(files, memory, {})
        tree.read_all()
        return _view(tree, project, environment, whole=False)


def _view(
    tree: _TreeReading, project: Project, environment: str | None, *, whole: bool = True
) -> Loaded:
    declared = tuple(sorted(project.environments))
    mentioned = {name for m in tree.manifests for name in m.environments or ()}
    everywhere = declared or tuple(sorted(mentioned))
    seen_by = everywhere if environment is None else (environment,)
    together = check_together(
        tree.manifests, environments=seen_by, declared=declared, unread=tree.unread
    )
    copies = Copies(tree.manifests)
    problems, ignored = sift(
        [*tree.problems, *together, *copies.problems(seen_by)],
        (manifest.source.file for manifest in tree.manifests),
    )
    return Loaded(
        resources=tuple(_resources(tree.manifests, environment, copies)) if whole else (),
        problems=problems,
        ignored=ignored,
        files=tree.files,
        manifests=tree.documents,
        tests=tuple(_tests(tree.manifests, environment)) if whole else (),
        tree_digest=tree_digest(tree.digests),
        named=tuple(sorted(tree.named)),
        links=tuple(tree.links),
    )


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Spare the collector the walk over a heap that only grows (measured: 14 to 34 %)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_count()[0] > _A_LOT:
                gc.freeze()  # else it would begin by walking over all that was just read
            gc.enable()


def _resources(
    manifests: list[Manifest], environment: str | None, copies: Copies
) -> list[Resource]:
    wanted: list[Resource] = []
    for manifest in manifests:
        resource = manifest.resource(environment)
        if resource and manifest.is_valid and (environment is None or manifest.is_for(environment)):
            wanted += manifest.kind.expand(copies.made(resource, environment))
    return sorted(wanted, key=lambda resource: resource.address)


def _tests(manifests: list[Manifest], environment: str | None) -> list[ModelTest]:
    found: list[ModelTest] = []
    for manifest in manifests:
        resource = manifest.resource(environment)
        if resource and manifest.is_valid and (environment is None or manifest.is_for(environment)):
            # An override may take a variant away, and its tests with it.
            variants = resource.spec.get("variants") or {}
            found += (test for test in manifest.tests if test.variant in variants)
    return sorted(found, key=lambda test: (test.model, test.name))


class _TreeReading:
    """Reads the files of a tree one by one."""

    def __init__(self, tree: Tree, memory: Memory, instead: Mapping[str, bytes]) -> None:
        self.problems: list[Problem] = []
        self.manifests: list[Manifest] = []
        self.unread: list[str] = []
        self.files = 0
        self.documents = 0
        self._tree = tree
        self.links = tree.links
        self._memory = memory
        self._instead = instead
        self._texts: dict[str, bytes] = {}
        self.digests: dict[str, bytes] = {}
        self.named: dict[str, str] = {}

    def read_all(self) -> None:
        names = [name for name in self._tree.manifests() if self._is_name(name)]
        with understanding(names, self._contents, self._memory) as clean:
            for name, data in self._texts.items():
                documents = clean(self.digests[name].hex())
                if documents is None:
                    self._read_file(name, data)
                else:
                    self._read_clean(name, data, documents)
        self.files = len(self._texts)

    def _is_name(self, found: str | Problem) -> TypeGuard[str]:
        if isinstance(found, Problem):
            self.problems.append(found)
        return isinstance(found, str)

    def _contents(self, names: Sequence[str]) -> dict[str, bytes]:
        """Read files, and return what is in them by digest."""
        contents: dict[str, bytes] = {}
        for name in names:
            data: bytes | Problem | None = self._instead.get(name)
            if data is None:
                data = self._tree.read_manifest(name)
            if isinstance(data, Problem):
                self.problems.append(data)
                continue
            digest = hashlib.sha256(data)
            self._texts[name], self.digests[name] = data, digest.digest()
            contents[digest.hexdigest()] = data
        return contents

    def _read_clean(self, name: str, data: bytes, documents: list[CleanDocument]) -> None:
        file = SourceFile(printable_name(name), data.decode().removeprefix("\ufeff"))
        budget = Budget()
        for index, (line, column, document, settled) in enumerate(documents):
            self.documents += 1
            source = ManifestSource(file, index, line, column)
            reading = self._reading(source, name, budget, judged=True, settled=settled)
            self._keep(reading, document, budget)

    def _read_file(self, name: str, data: bytes) -> None:
        shown = printable_name(name)
        try:
            file = SourceFile(shown, decode(data))
        except Complaint as complaint:
            self.unread.append(data.decode("utf-8", "replace"))
            self.problems.append(complaint.problem(shown))
            return
        budget = Budget()
        try:
            for index, root in enumerate(compose(file.text)):
                self.documents += 1
                self._read_document(ManifestSource.of(file, index, root), root, name, budget)
        except Complaint as complaint:
            self.unread.append(file.text)
            self.problems.append(complaint.problem(shown))

    def _read_document(self, source: ManifestSource, root: Node, name: str, budget: Budget) -> None:
        values = Values()
        document = values.of(root)
        if not budget.is_spent:
            self.problems += (c.problem(source.file.name) for c in values.complaints)
        reading = self._reading(source, name, budget, whole=values.are_whole)
        self._keep(reading, document, budget, complaints=len(values.complaints))

    def _reading(
        self,
        source: ManifestSource,
        name: str,
        budget: Budget,
        *,
        whole: bool = True,
        judged: bool = False,
        settled: bool = False,
    ) -> Reading:
        return Reading(
            source,
            whole=whole,
            read=lambda path: self._text(name, path),
            budget=budget,
            judged=judged,
            settled=settled,
        )

    def _keep(
        self, reading: Reading, document: Any, budget: Budget, *, complaints: int = 0
    ) -> None:
        manifest = reading.manifest(document)
        self.problems += reading.problems
        budget.problems -= len(reading.problems) + complaints
        if manifest is not None:
            manifest.is_valid = manifest.is_valid and not complaints
            self.manifests.append(manifest)

    def _text(self, manifest: str, path: str) -> str:
        """Return the text of a file a manifest names; each file is decoded once."""
        name = self._tree.resolve(manifest, path)
        if name not in self.named:
            data = self._instead.get(name)
            if data is None:
                data = self._tree.read_named(name, path)
            self.digests[name] = hashlib.sha256(data).digest()
            try:
                self.named[name] = data.decode("utf-8")
            except UnicodeDecodeError as error:
                raise Complaint(
                    "PS2005",
                    f"the file {quoted(path)} is not UTF-8 (byte {error.start + 1})",
                    "Save the file as UTF-8.",
                ) from None
        return self.named[name]
