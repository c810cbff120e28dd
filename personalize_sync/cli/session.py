"""Opening what a command works on: the project, its environment, and the tenant behind it."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.pipeline import tell
from personalize_sync.errors import InvalidInput, UsageError
from personalize_sync.problems import Severity, did_you_mean
from personalize_sync.project import FEATURES, STATE, Environment, Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalize_sync.cli.options import Common
    from personalize_sync.kinds.questions import Question
    from personalize_sync.manifests import Loaded
    from personalize_sync.tenant.client import Connection
    from personalize_sync.tenant.credentials import Sources
    from personalize_sync.tenant.keyring import Keyring
    from personalize_sync.tenant.live import Tenant, WritableTenant


@dataclass(frozen=True, slots=True)
class Session:
    """A reachable environment: where it answers, and the variables that hold its keys."""

    project: Project
    environment: Environment
    environ: Mapping[str, str] = field(repr=False)
    secrets_dir: Path | None = None

    @contextmanager
    def readable(self, parallelism: int, *questions: Question) -> Iterator[Tenant]:
        """Open the tenant for reading: GET, the token POST, and these questions can be sent."""
        from personalize_sync.tenant.client import Reader  # noqa: PLC0415 - httpx
        from personalize_sync.tenant.live import Tenant  # noqa: PLC0415

        keyring = self.keyring()
        reader = Reader(self.connection(parallelism), keyring, questions=questions)
        with closing(Tenant(reader, keyring, self.environment, parallelism=parallelism)) as tenant:
            yield tenant

    @contextmanager
    def writable(self, parallelism: int, *questions: Question) -> Iterator[WritableTenant]:
        """Open the tenant for reading and writing."""
        from personalize_sync.tenant.client import Writer  # noqa: PLC0415 - httpx
        from personalize_sync.tenant.live import WritableTenant  # noqa: PLC0415

        keyring = self.keyring()
        writer = Writer(self.connection(parallelism), keyring, questions=questions)
        with closing(
            WritableTenant(writer, keyring, self.environment, parallelism=parallelism)
        ) as tenant:
            yield tenant

    def connection(self, parallelism: int = 4) -> Connection:
        """Return where the tenant answers, and how much may be asked of it at once.

        Raises CredentialError where that is no place for a key.
        """
        from personalize_sync.cli.hosts import demand_trusted  # noqa: PLC0415
        from personalize_sync.tenant.client import Connection  # noqa: PLC0415 - httpx

        demand_trusted((self.environment.base_url, self.environment.token_url), self.environ)
        return Connection(
            self.environment.base_url, self.environment.token_url, parallelism=parallelism
        )

    def keyring(self) -> Keyring:
        """Return the keys of the environment."""
        from personalize_sync.tenant.keyring import Keyring  # noqa: PLC0415

        return Keyring(self.environment, self.sources())

    def sources(self) -> Sources:
        """Return where keys are looked for."""
        from personalize_sync.tenant.credentials import Sources  # noqa: PLC0415
        from personalize_sync.tenant.vault import Vault  # noqa: PLC0415

        forbid_core_dumps()
        if self.environment.sandbox is not None:
            return Sources(self.environ, self.secrets_dir)
        vault = Vault(self.project.root, self.environment)
        return Sources(self.environ, self.secrets_dir, vault.get)


def open_project(common: Common) -> Project:
    """Return the project; its problems are the document of a command that cannot go on."""
    from personalize_sync.manifests import find_root, load_project  # noqa: PLC0415 - YAML

    root = find_root(common.chdir, Path.cwd())
    try:
        return load_project(root)
    except InvalidInput as error:
        deliver_problems(common, root, error)
        raise


def environment_of(project: Project, common: Common) -> Environment:
    """Return the environment a command is for."""
    name = common.env or project.default_environment
    if not project.environments:
        raise UsageError(
            f"{project.root} has no project file, so no environment is known",
            "Write personalize-sync.yaml there, or say with -C where it is.",
        )
    if name not in project.environments:
        known = ", ".join(sorted(project.environments))
        raise UsageError(
            f'no environment is called "{name}"' if name else "no environment was named",
            f"Known: {known}.{did_you_mean(name, project.environments)} Name one with -e.",
        )
    return project.environments[name]


def load(common: Common, project: Project, environment: Environment) -> Loaded:
    """Return the valid manifests; problems are the document of a command that cannot go on."""
    from personalize_sync import reconcile  # noqa: PLC0415 - the whole machinery

    try:
        return reconcile.load(project, environment.name)
    except InvalidInput as error:
        deliver_problems(common, project.root, error)
        raise


def demand_valid(common: Common, project: Project, loaded: Loaded) -> None:
    """Refuse manifests with errors, for a command that needs no tenant."""
    errors = [problem for problem in loaded.problems if problem.severity is Severity.ERROR]
    if errors:
        error = InvalidInput(errors)
        deliver_problems(common, project.root, error)
        raise error


def deliver_problems(common: Common, root: Path, error: InvalidInput) -> None:
    """Write problems as the document, in the requested format."""
    from personalize_sync.rendering import FORMATS, Problems, render  # noqa: PLC0415

    document = Problems(error.problems, files=0, manifests=0)
    look = common.look(root)
    if common.format in FORMATS:
        common.deliver(render(document, common.format, look))
    else:  # a drawing or a matrix cannot say it, and what reads it must not get something else
        click.echo(render(document, "terminal", replace(look, color=False)), err=True, nl=False)
    tell(document, common, look, error.exit_code)
    common.say("Nothing was sent to the tenant, and nothing was written.")


@contextmanager
def session(common: Common, project: Project, environment: Environment) -> Iterator[Session]:
    """Make an environment reachable; an embedded tenant is served for as long as it is needed."""
    if environment.sandbox is None:
        yield Session(project, environment, os.environ, common.secrets_dir)
        return
    from personalize_sync.sandbox import Knobs, Sandbox, Server  # noqa: PLC0415

    knobs = Knobs.parse(environment.sandbox).in_real_time()
    with Sandbox(sandbox_file(project), knobs=knobs) as sandbox, Server(sandbox) as server:
        reachable = replace(environment, base_url=server.base_url, token_url=server.token_url)
        environ = {**os.environ, **sandbox_keys(environment.name)}
        yield Session(project, reachable, environ, common.secrets_dir)


def forbid_core_dumps() -> None:
    """Keep a crash of this process from writing the secrets in its memory to a file."""
    try:
        import resource  # noqa: PLC0415 - not on Windows, which writes none
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def sandbox_file(project: Project) -> Path:
    """Return where the embedded tenant of a project keeps its state."""
    folder = project.root / STATE
    try:
        folder.mkdir(exist_ok=True)
        # Like any tenant it holds the secrets it was sent.
        (folder / "sandbox.db").touch(mode=0o600)
    except OSError as error:
        raise click.ClickException(f"cannot create {folder}: {error.strerror}") from None
    return folder / "sandbox.db"


def sandbox_keys(environment: str) -> dict[str, str]:
    """Return the variables that hold the well-known keys of a fresh sandbox."""
    from personalize_sync.tenant.credentials import secret_of, variables  # noqa: PLC0415

    keys = {}
    for feature in FEATURES:
        name = variables(environment, feature)[0]
        keys[name] = f"sandbox-{feature}"
        keys[secret_of(name)] = f"sandbox-{feature}-secret"
    return keys
