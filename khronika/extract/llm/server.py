"""A question in, an answer of the schema out, from any server with an OpenAI-compatible /v1/chat/completions; kept, so that it is asked once.

The rule: what cannot be had ends as an InputError (the document is set aside, and read on the next run); a server that never answered is a UsageError.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from khronika.errors import InputError, UsageError
from khronika.extract import Server
from khronika.extract.llm.answer import Answer, schema
from khronika.text import digest_of

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

TRIES = 4
WAIT_S = 1.0
"""Before the second try; doubled for each further one, unless the server says how long (Retry-After, at most `LONGEST_S`)."""
LONGEST_S = 60.0
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same question may be asked again."""


class Client:
    """Asks one server; answers are kept by digest of model, prompt, schema and text.

    Args:
        sleep: stands in for the clock in tests.
    """

    def __init__(self, server: Server, prompt: str, sleep: Callable[[float], None] = time.sleep) -> None:
        if not re.match(r"https?://[^/\s]", server.address):
            raise UsageError(f"--server {server.address!r}: give an http or https address, such as http://127.0.0.1:8000/v1")
        if server.key and not (server.key.isascii() and server.key.isprintable()):
            raise UsageError("the key of the server (KHRONIKA_SERVER_KEY) holds signs that no header can carry")
        self._server, self._prompt, self._sleep = server, prompt, sleep
        self._schema = schema()
        self._url = server.address.rstrip("/").removesuffix("/v1") + "/v1/chat/completions"
        self._client: httpx.Client | None = None
        self._has_answered = False
        self.digest = digest_of(server.model, prompt, msgspec.json.encode(self._schema, order="sorted"))

    def ask(self, words: str) -> Answer:
        """The answer on some words.

        Raises:
            InputError: no answer of the schema came, with the last reason.
            UsageError: nothing answers at the address, it refuses (no such model, wrong key), or answers cannot be kept in the cache.
        """
        if self._server.cache is None:
            return self._asked(words)
        kept = self._server.cache / f"{digest_of(self.digest, words)}.json"
        try:
            return _kept(kept) or _keep(kept, self._asked(words))
        except OSError as error:
            raise UsageError(f"{self._server.cache}: answers of the server cannot be kept there: {error.strerror}") from error

    def _asked(self, words: str) -> Answer:
        import httpx

        reason, wait = "", WAIT_S
        for number in range(TRIES):
            if number:
                self._sleep(wait)
                wait *= 2
            try:
                answer = self._post(words)
            except httpx.ConnectError as error:
                if not self._has_answered and number == TRIES - 1:
                    raise UsageError(f"--server {self._server.address}: nothing answers there ({error})") from error
                reason = f"the model server cannot be reached: {error}"
                continue
            except httpx.TimeoutException:
                reason = f"the model server gave no answer within {self._server.timeout_s:g} seconds"
                continue
            except httpx.HTTPError as error:
                reason = f"the model server broke off: {error}"
                continue
            self._has_answered = True
            if answer.status_code in AGAIN:
                reason = f"the model server answered {answer.status_code}"
                wait = max(wait, min(LONGEST_S, _seconds(answer.headers.get("retry-after"))))
                continue
            if answer.status_code != 200:
                raise UsageError(f"--server {self._server.address}: answered {answer.status_code}: {' '.join(answer.text.split())[:200]}")
            try:
                return msgspec.json.decode(_content(answer.content), type=Answer)
            except (msgspec.DecodeError, ValueError) as error:
                reason = f"the model's answer does not fit the schema: {error}"
        raise InputError(f"{reason} ({TRIES} tries); read it again later")

    def _post(self, words: str) -> httpx.Response:
        import httpx

        if self._client is None:
            headers = {"Authorization": f"Bearer {self._server.key}"} if self._server.key else {}
            self._client = httpx.Client(timeout=self._server.timeout_s, headers=headers)
        question = {
            "model": self._server.model,
            "temperature": 0,
            "seed": 1,
            "messages": [{"role": "system", "content": self._prompt}, {"role": "user", "content": words}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "reading", "strict": True, "schema": self._schema}},
        }
        return self._client.post(self._url, json=question)


def _kept(path: Path) -> Answer | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Answer)
    except (FileNotFoundError, msgspec.DecodeError):
        return None  # not asked yet; or written by hand


def _keep(path: Path, answer: Answer) -> Answer:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(msgspec.json.encode(answer))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return answer


def _content(body: bytes) -> str:
    """The words of the first choice.

    Raises:
        ValueError: the answer has none, or was cut off.
    """
    whole: Any = msgspec.json.decode(body)
    try:
        choice = whole["choices"][0]
        content = choice["message"]["content"]
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError("no choices in it") from error
    if choice.get("finish_reason") == "length":
        raise ValueError("it was cut off by the server's limit on length")
    if not isinstance(content, str):
        raise ValueError("the message has no content")
    return content


def _seconds(value: str | None) -> float:
    return float(value) if value and value.replace(".", "", 1).isdecimal() else 0.0
