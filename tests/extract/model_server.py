"""A stand-in for a model server on loopback: checks the question as a strict server would, answers what it is told to, misbehaves on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jsonschema


class Told:
    """What the server answers: `answers` one after the other, the last one for ever; `faults` come first, one a request."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.faults: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.questions: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.address = ""


def check_question(question: dict[str, Any]) -> None:
    """Refuse what a server with strict schemas would refuse."""
    wanted = question["response_format"]
    assert wanted["type"] == "json_schema" and wanted["json_schema"]["strict"] is True and wanted["json_schema"]["name"]
    schema = wanted["json_schema"]["schema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    for name, part in schema["$defs"].items():
        if part.get("type") == "object":
            assert part["additionalProperties"] is False, name
            assert sorted(part["required"]) == sorted(part["properties"]), name
    assert [message["role"] for message in question["messages"]] == ["system", "user"] and question["model"]


def status(code: int, headers: dict[str, str] | None = None) -> Callable[[BaseHTTPRequestHandler], None]:
    def fault(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"no")

    return fault


def body(text: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer 200 with this body as it is."""

    def fault(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(text.encode())))
        handler.end_headers()
        handler.wfile.write(text.encode())

    return fault


def message(content: Any, finish: str = "stop") -> str:
    return json.dumps({"choices": [{"message": {"content": content}, "finish_reason": finish}]})


def hang(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(3.5)


def break_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.wfile.flush()
    handler.connection.close()


@contextmanager
def model_server(told: Told) -> Iterator[Told]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.questions.append({**question, "path": self.path, "key": self.headers.get("Authorization")})
            if told.faults:
                told.faults.pop(0)(self)
                return
            try:
                check_question(question)
            except (AssertionError, KeyError, jsonschema.SchemaError) as error:
                told.refused.append(str(error))
                status(400)(self)
                return
            answer = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
            jsonschema.validate(answer, question["response_format"]["json_schema"]["schema"])  # the test's own answer must fit
            body(message(json.dumps(answer)))(self)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.address = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
