"""What is not clearly the tenant's answer is an error, never an empty tenant."""

from __future__ import annotations

import json
import traceback
from contextlib import closing
from typing import Any

import httpx
import pytest
from tenant.access import (
    TEMPLATES,
    Pretender,
    connection,
    environment,
    keyring,
    page,
    reader,
    writer,
)

from personalize_sync.errors import TenantError, UnknownOutcomeError
from personalize_sync.kinds import BY_NAME
from personalize_sync.tenant.client import Reader
from personalize_sync.tenant.live import Tenant
from personalize_sync.tenant.transfer import SIZE_CAP

_DEEP = 200_000
_NO_JSON = {
    "empty": b"",
    "blank": b" \n",
    "HTML": b"<!DOCTYPE html><title>Please sign in</title>",
    "HTML in capitals": b"  <HTML></HTML>",
    "XML": b"<?xml version='1.0'?><items/>",
    "cut off": b'{"items": [{"ref": "a"',
    "two documents": b'{"items": []}{"items": []}',
    "text": b"OK",
    "binary": bytes(range(256)),
    "bad UTF-8": b'{"items": [], "a": "\xff"}',
    "UTF-16": '{"items": []}'.encode("utf-16"),
}
_STRANGE = {
    "items twice": b'{"items": [{"ref": "a"}], "items": []}',
    "a key twice, deep": b'{"items": [{"ref": "a", "x": [{"y": 1, "y": 2}]}]}',
    "a key twice, escaped": b'{"items": [{"ref": "a"}], "\\u0069tems": []}',
    "NaN": b'{"items": [], "a": NaN}',
    "Infinity": b'{"items": [], "a": [Infinity]}',
    "-Infinity": b'{"items": [], "a": -Infinity}',
    "a number beyond all bounds": b'{"items": [], "a": 1e999}',
    "an endless number": b'{"items": [], "a": ' + b"9" * 20_000 + b"}",
    "a lone surrogate": b'{"items": [{"ref": "a", "name": "\\ud800"}]}',
    "a lone surrogate in capitals": b'{"items": [{"ref": "a", "name": "\\uDFFF"}]}',
    "a lone surrogate as a key": b'{"items": [], "\\ud800": 1}',
    "a lone surrogate in bytes": b'{"items": [{"ref": "a", "name": "\xed\xa0\x80"}]}',
    "lists in lists": b'{"items": ' + b"[" * _DEEP + b"]" * _DEEP + b"}",
    "objects in objects": b'{"items": ' + b'{"a":' * _DEEP + b"1" + b"}" * _DEEP + b"}",
    "only brackets": b"[" * _DEEP,
    "no object": b'["items"]',
    "null": b"null",
}
_NO_LIST = {
    "no items": b"{}",
    "items null": b'{"items": null}',
    "items an object": b'{"items": {}}',
    "items of texts": b'{"items": ["a"]}',
    "items of nulls": b'{"items": [null]}',
    "an error with status 200": b'{"status": 500, "message": "try later"}',
    "another envelope": b'{"data": [{"ref": "a"}]}',
    "no ref": b'{"items": [{"name": "a"}]}',
    "ref no text": b'{"items": [{"ref": 5, "name": "a"}]}',
}
_ALL = {**_NO_JSON, **_STRANGE}


def _list(body: bytes, **settings: Any) -> tuple[Any, ...]:
    client = Reader(connection(Pretender(body, **settings)), keyring())
    with closing(Tenant(client, keyring(), environment())) as tenant:
        return tenant.list_all(BY_NAME["template"])


@pytest.mark.parametrize("name", [*_ALL, *_NO_LIST])
def test_a_strange_list_is_an_error(name: str) -> None:
    """One sentence, exit code 1, a hint; nothing of the answer is repeated."""
    body = {**_ALL, **_NO_LIST}[name]

    with pytest.raises(TenantError) as refused:
        _list(body)

    assert refused.value.exit_code == 1
    assert len(refused.value.message) < 200
    assert "sign in" not in refused.value.message


@pytest.mark.parametrize("name", _ALL)
def test_a_strange_answer_to_a_get_is_an_error(name: str) -> None:
    """It is not read as "not found" either."""
    with pytest.raises(TenantError):
        reader(Pretender(_ALL[name])).get("developer-templates", f"{TEMPLATES}/a")


@pytest.mark.parametrize("name", _ALL)
def test_a_strange_answer_to_a_write_leaves_its_outcome_unknown(name: str) -> None:
    """Something said 200: the write may have been carried out, so it is not sent again blindly."""
    pretender = Pretender(_ALL[name])

    with pytest.raises(UnknownOutcomeError):
        writer(pretender).post("developer-templates", TEMPLATES, {"name": "a"})

    assert pretender.seen == [f"POST {TEMPLATES}"]


@pytest.mark.parametrize("name", _ALL)
def test_a_strange_token_answer_is_an_error(name: str) -> None:
    """Nothing is asked without a token."""
    pretender = Pretender(token=_ALL[name])

    with pytest.raises(TenantError, match="token"):
        reader(pretender).get("developer-templates", TEMPLATES)

    assert pretender.seen == []


@pytest.mark.parametrize("content_type", ["text/html", "application/octet-stream", "nonsense"])
def test_the_body_decides_and_not_its_label(content_type: str) -> None:
    """JSON under a wrong label is JSON; HTML under the right one is not."""
    assert (
        len(_list(page({"ref": "a", "name": "a"}), headers=(("Content-Type", content_type),))) == 1
    )
    with pytest.raises(TenantError, match="HTML"):
        _list(b"<html></html>", headers=(("Content-Type", "application/json"),))


def test_a_byte_order_mark_and_paired_surrogates_are_fine() -> None:
    """Both are JSON that real servers send."""
    body = b"\xef\xbb\xbf" + page({"ref": "a", "name": "\U0001f600"})

    assert [live.name for live in _list(body)] == ["\U0001f600"]


def test_half_of_a_surrogate_pair_is_called_that() -> None:
    """Neither region nor proxy is at fault: the list and the object to mend are named."""
    body = b'{"items": [{"ref": "a", "name": "A"}, {"ref": "b-1", "name": "\\ud83d"}]}'

    with pytest.raises(TenantError) as refused:
        _list(body)

    said = "answered text that is no Unicode (half of a surrogate pair) in the object b-1"
    assert refused.value.message == f"GET {TEMPLATES} {said}"
    assert "region" not in refused.value.hint


def test_a_huge_answer_is_not_read_to_its_end() -> None:
    """Reading stops at the cap, whatever the answer says about its length."""
    sent = 0

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            nonlocal sent
            while True:
                sent += 1 << 20
                yield b" " * (1 << 20)

    class Transport(Pretender):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = super().handle_request(request)
            return answer if "oauth" in str(request.url) else httpx.Response(200, stream=Endless())

    with pytest.raises(TenantError, match="too large"):
        reader(Transport(), attempts=1).get("developer-templates", TEMPLATES)

    assert SIZE_CAP < sent <= SIZE_CAP + 2 * (1 << 20)


def test_no_strange_answer_shows_up_in_a_traceback() -> None:
    """Not in the message, not in what caused it."""
    body = json.dumps({"items": ["canary-in-the-body"]}).encode()[:-2]
    try:
        _list(body)
    except TenantError as error:
        text = "".join(traceback.format_exception(error))
    assert "canary" not in text
