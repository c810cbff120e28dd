"""A world whose manifests are written by hand, applied, edited in the tenant, and pulled."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from personalize_sync import reconcile
from personalize_sync.manifests import load_project
from personalize_sync.planning.policy import Policy
from personalize_sync.pull import Choice
from personalize_sync.tenant.client import Reader
from personalize_sync.tenant.keyring import Keyring
from personalize_sync.tenant.live import Tenant

if TYPE_CHECKING:
    from world import World

    from personalize_sync.pull import Pulled, Taken

STRIP = """\
# The strip above the header.
apiVersion: personalize-sync/v1
kind: Template
metadata: {key: strip}
spec:
  name: 'Promo strip'   # what people see
  description: "Thin strip"
  type: WEB
  status: DRAFT
  tags: [home, sale]
  templateElements:
    html: {fromFile: strip.html}
    css: |
      .strip { color: red }
      .strip a { color: blue }

    freemarker: "{}"
"""


def pull(world: World, choice: str = "merge", *, dry_run: bool = False, **wishes: Any) -> Pulled:
    """Pull with a client that can only read."""
    environment, keyring = world.environment, Keyring(world.environment, world.environ)
    with closing(Tenant(Reader(world._connection(), keyring), keyring, environment)) as tenant:
        return reconcile.pull(
            world.load(),
            tenant,
            Policy(environment, **wishes),
            load_project(world.root),
            choice=Choice(choice),
            dry_run=dry_run,
        )


def strip(world: World, text: str = STRIP, html: str = "<p>\n  Hello\n</p>\n") -> None:
    """Declare a template with a code file and apply it."""
    world.write("strip.html", html.encode())
    world.write("strip.yaml", text.encode())
    assert world.apply().exit_code == 0


def text(world: World, name: str = "strip.yaml") -> str:
    """Return a file's text, its line ends as they are."""
    return (world.root / name).read_bytes().decode()


def tree(world: World) -> dict[str, bytes]:
    """Return every file of the project."""
    return {
        str(p.relative_to(world.root)): p.read_bytes() for p in world.root.rglob("*") if p.is_file()
    }


def said(pulled: Pulled) -> list[tuple[str, str, str]]:
    """Return path, cause and side of each field, conflicts as such."""
    return [(f.path, f.cause, _outcome(f)) for f in pulled.fields]


def _outcome(field: Taken) -> str:
    return "conflict" if field.is_conflict else field.taken.value
