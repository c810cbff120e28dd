"""What flows hold as lists with UUIDs, and manifests as maps by key: variants, tasks and splits.

A variant's ref ties it to its share of the traffic and is made by the client (API reference:
variants and tasks). Ours follow from the keys alone, so that every run and every tenant agrees; a
variant that exists already keeps the ref it has, and with it its statistics.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from personalize_sync.kinds.kind import Inside, overlay_object, without
from personalize_sync.resources import Address, slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from personalize_sync.kinds.kind import Refs
    from personalize_sync.resources import Document, Live, Resource

_NAMESPACE = UUID("b3c17f9e-74fe-5cef-b71a-1e970109bb49")
_MODEL_TASK = "decisionModelTask"
_RENDER_TASK = "templateRenderTask"
# What only the manifest knows of a variant.
COPIED = frozenset({"fromTemplate", "conditionTemplates"})
_TASKS = ("decisionModels", "freemarker", "tasks")


def derived_ref(kind: str, flow: str, variant: str) -> str:
    """Return the ref that a variant of ours gets in every tenant."""
    return str(uuid5(_NAMESPACE, f"{kind}/{flow}/{variant}"))


def variant_address(flow: Address, variant: str) -> Address:
    """Return the name under which a variant's ref is known."""
    return Address(f"{flow.kind}-variant", f"{flow.key}:{variant}")


def _audience_address(flow: Address, split: str) -> Address:
    return Address(f"{flow.kind}-audience", f"{flow.key}:{split}")


def inside(resource: Resource, live: Live | None) -> Inside:
    """Pair the variants of a manifest with those of the live flow: by our own ref, then by name.

    Where a name leaves a choice, nothing is paired and `unclear` says so.
    """
    flow, stated = resource.address, objects(resource.spec, "variants")
    recorded = {_ref(v): str(v.get("name")) for v in _items(live.record if live else {})}
    refs: dict[str, str] = {}
    for key in stated:
        ours = [derived_ref(flow.kind, f, key) for f in (flow.key, *resource.renamed_from)]
        refs[key] = next((ref for ref in ours if ref in recorded), ours[0])
    left = {ref: name for ref, name in recorded.items() if ref not in refs.values()}
    unpaired = [key for key in stated if refs[key] not in recorded]
    names = Counter(str(stated[key].get("name")) for key in unpaired)
    unclear = ""
    for key in unpaired:
        name = str(stated[key].get("name"))
        found = [ref for ref, other in left.items() if other == name]
        if len(found) == 1 and names[name] == 1:
            refs[key] = found[0]
        elif found:
            unclear = (
                f'it has {len(found)} variants called "{name}" ({", ".join(sorted(found))}), and '
                f"the manifest {names[name]}: give each a name of its own in the tenant first"
            )
    known = {variant_address(flow, key): ref for key, ref in refs.items()}
    for key, split in objects(_object(resource.spec, "traffic"), "splits").items():
        known[_audience_address(flow, key)] = _audience_name(resource.spec, key, split)
    return Inside(known, unclear)


def _audience_name(spec: Document, key: str, split: Document) -> str:
    """Return the name that an audience's share bears on the wire, where it has no ref."""
    variant = objects(spec, "variants").get(key, {})
    return str(split.get("variantName") or variant.get("name") or key)


def keyed_variants(record: Document, flow: Address | None, refs: Refs) -> dict[str, Document]:
    """Return the variants of a flow's record by key: the manifest's, else the slug of the name."""
    known = _below(flow, "variant", refs)
    found: dict[str, Document] = {}
    strange = []
    for variant in _items(record):
        key = known.get(_ref(variant))
        if key is None or key in found:
            strange.append(variant)
        else:
            found[key] = variant
    for variant in strange:
        key = slug(str(variant.get("name", "")))
        while key in found or key in known.values():
            key = f"{key}_{_ref(variant)}"
        found[key] = variant
    return found


def _below(flow: Address | None, what: str, refs: Refs) -> dict[str, str]:
    """Return the keys of a flow's parts by their ref; other flows may have parts of the same."""
    if flow is None:
        return {}
    return {
        str(refs.ref(address)): address.key.partition(":")[2]
        for address in refs.below(f"{flow.kind}-{what}", flow.key)
    }


def read_variants(record: Document, flow: Address | None, refs: Refs) -> Document:
    """Return the variants in the manifest's shape."""
    return {key: _read_variant(v, refs) for key, v in keyed_variants(record, flow, refs).items()}


def _read_variant(variant: Document, refs: Refs) -> Document:
    body = without(variant, {"ref"})
    assets = variant.get("assets")
    if isinstance(assets, dict):
        body["assets"] = {name: text for name, text in assets.items() if text not in ("", None)}
    tasks = _items(variant, "tasks")
    models = _models(tasks, refs)
    if models:
        body["decisionModels"] = models
    if "tasks" in variant:
        body["tasks"] = [task for task in tasks if not _is(task, _MODEL_TASK)]
    render = next((task for task in tasks if _is(task, _RENDER_TASK)), None)
    if render is not None:
        body["freemarker"] = _object(render, "input").get("template")
    return body


def _models(tasks: Iterable[Document], refs: Refs) -> list[str]:
    found: list[str] = []
    for task in tasks:
        named = _object(task, "input").get("decisionModelRefs") if _is(task, _MODEL_TASK) else ()
        for ref in named if isinstance(named, list) else ():
            model = refs.address("decision-model", str(ref))
            found.append(model.key if model else str(ref))
    return found


def written_variants(record: Document, resource: Resource, refs: Refs) -> list[Document]:
    """Return the list to send: the tenant's order, what nobody manages as it is."""
    stated: Document = resource.spec["variants"]
    flow = resource.address
    recorded = keyed_variants(record, flow, refs)
    kept = [_written_variant(v, stated[k], refs) for k, v in recorded.items() if k in stated]
    added = [key for key in stated if key not in recorded]
    new = [_written_variant({"ref": _ref_for(flow, k, refs)}, stated[k], refs) for k in added]
    return [*kept, *new]


def _ref_for(flow: Address, key: str, refs: Refs) -> str:
    return refs.ref(variant_address(flow, key)) or derived_ref(flow.kind, flow.key, key)


def _written_variant(recorded: Document, stated: Document, refs: Refs) -> Document:
    body = {**recorded, **without(stated, {"assets", *_TASKS, *COPIED})}
    if isinstance(stated.get("templateVariables"), dict):
        body["templateVariables"] = overlay_object(
            recorded.get("templateVariables"), stated["templateVariables"]
        )
    if "assets" in stated:
        before = _object(recorded, "assets")
        empty = {name: text for name, text in before.items() if text in ("", None)}
        kept = {n: text for n, text in before.items() if n in stated["assets"] or n in empty}
        body["assets"] = {**kept, **stated["assets"]}
    tasks = _written_tasks(_items(recorded, "tasks"), stated, refs)
    if tasks or "tasks" in recorded or "tasks" in stated:
        body["tasks"] = tasks
    return body


def _written_tasks(recorded: list[Document], stated: Document, refs: Refs) -> list[Document]:
    """Return the tasks in the tenant's order; a new decision comes before what uses its result."""
    models, others = stated.get("decisionModels"), stated.get("tasks")
    if models == _models(recorded, refs):
        models = None
    queue = list(others) if isinstance(others, list) else None
    decides = [_model_task(models, recorded, refs)] if models else []
    tasks: list[Document] = []
    for task in recorded:
        if _is(task, _MODEL_TASK) and models is not None:
            tasks += decides
            decides = []
        elif _is(task, _MODEL_TASK) or queue is None:
            tasks.append(task)
        elif queue:
            tasks.append(_over(task, queue.pop(0)))
    tasks = [*decides, *tasks, *(queue or ())]
    return _with_freemarker(tasks, stated["freemarker"]) if "freemarker" in stated else tasks


def _over(recorded: Document, stated: Document) -> Document:
    same = recorded.get("implementation") == stated.get("implementation")
    return overlay_object(recorded, stated) if same else stated


def _model_task(keys: list[str], recorded: Iterable[Document], refs: Refs) -> Document:
    before = next((task for task in recorded if _is(task, _MODEL_TASK)), {})
    named = [refs.ref(Address("decision-model", key)) or key for key in keys]
    task = {
        "implementation": _MODEL_TASK,
        "input": {"inputType": f"{_MODEL_TASK}Input", "decisionModelRefs": named},
    }
    return overlay_object(before, task)


def _with_freemarker(tasks: list[Document], text: str) -> list[Document]:
    at = next((i for i, task in enumerate(tasks) if _is(task, _RENDER_TASK)), len(tasks))
    new = {
        "implementation": _RENDER_TASK,
        "input": {"inputType": f"{_RENDER_TASK}Input", "type": "application/json"},
    }
    under = tasks[at] if at < len(tasks) else new
    return [*tasks[:at], overlay_object(under, {"input": {"template": text}}), *tasks[at + 1 :]]


def read_splits(record: Document, flow: Address | None, refs: Refs) -> Document:
    """Return the shares of the traffic by key: whole percentages, buckets, or audiences."""
    traffic = _object(record, "traffic")
    is_simple = traffic.get("type") == "simpleTraffic"
    return {
        key: split.get("split") if is_simple else _read_split(split, refs)
        for key, split in _keyed_splits(record, flow, refs).items()
    }


def _read_split(split: Document, refs: Refs) -> Document:
    body = without(split, {"ref"})
    groups = _items(split, "conditionGroups")
    if groups:
        body["conditionGroups"] = [
            {**group, "conditions": [_read_condition(c, refs) for c in _items(group, "conditions")]}
            for group in groups
        ]
    return body


def _read_condition(condition: Document, refs: Refs) -> Document:
    template = refs.address("template", str(condition.get("templateId")))
    return {**condition, "templateId": template.key} if template else condition


def _keyed_splits(record: Document, flow: Address | None, refs: Refs) -> dict[str, Document]:
    by_ref = {_ref(v): key for key, v in keyed_variants(record, flow, refs).items()}
    by_name = _below(flow, "audience", refs)
    found: dict[str, Document] = {}
    for index, split in enumerate(_items(_object(record, "traffic"), "splits")):
        name = str(split.get("variantName") or split.get("audienceName") or index)
        if "ref" in split:
            key = by_ref.get(_ref(split), _ref(split))
        else:
            key = by_name.get(name) or slug(name)
        found[key if key not in found else f"{key}_{index}"] = split
    return found


def written_splits(
    record: Document, traffic: Document, resource: Resource, refs: Refs
) -> list[Document]:
    """Return the shares to send. `traffic` says of which type they are."""
    flow, stated = resource.address, resource.spec["traffic"]["splits"]
    same_type = _object(record, "traffic").get("type") == traffic.get("type")
    recorded = _keyed_splits(record, flow, refs) if same_type else {}
    by_key = {key: _ref(v) for key, v in keyed_variants(record, flow, refs).items()}
    splits = []
    for key in (*(k for k in recorded if k in stated), *(k for k in stated if k not in recorded)):
        share, before = stated[key], recorded.get(key, {})
        if traffic.get("type") == "audienceTraffic":
            splits.append(_written_audience(before, key, share, resource.spec))
            continue
        body = share if isinstance(share, dict) else {"split": share}
        ref = before.get("ref") or by_key.get(key) or _ref_for(flow, key, refs)
        splits.append({**before, "ref": ref, **body})
    return splits


def _written_audience(before: Document, key: str, stated: Document, spec: Document) -> Document:
    name = _audience_name(spec, key, stated)
    body = {**before, **({} if before.get("variantName") else {"variantName": name}), **stated}
    if "conditionGroups" in stated:
        known = _items(before, "conditionGroups")
        body["conditionGroups"] = [
            _written_group(known[i] if i < len(known) else {}, group)
            for i, group in enumerate(stated["conditionGroups"])
        ]
    return body


def _written_group(before: Document, stated: Document) -> Document:
    """Lay conditions over those of the same template, which may carry what nobody manages."""
    known = _items(before, "conditions")
    conditions = []
    for index, condition in enumerate(_items(stated, "conditions")):
        under = known[index] if index < len(known) else {}
        same = under.get("templateId") == condition.get("templateId")
        conditions.append({**under, **condition} if same else condition)
    return {**before, **stated, "conditions": conditions}


def objects(document: Mapping[str, Any], name: str) -> dict[str, Document]:
    """Return the objects of a map, whatever a manifest or a tenant has there."""
    return {key: v for key, v in _object(document, name).items() if isinstance(v, dict)}


def _object(document: Mapping[str, Any], name: str) -> Document:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _items(document: Mapping[str, Any], name: str = "variants") -> list[Document]:
    value = document.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _ref(part: Document) -> str:
    return str(part.get("ref"))


def _is(task: Document, implementation: str) -> bool:
    return task.get("implementation") == implementation


def tasks_of(variant: Document) -> Iterator[tuple[int, Document]]:
    """Yield a variant's stated tasks with their place in the list."""
    tasks = variant.get("tasks")
    yield from (
        (index, task)
        for index, task in enumerate(tasks if isinstance(tasks, list) else ())
        if isinstance(task, dict)
    )
