"""A client of the Language Server Protocol, as small as a test of what editors show needs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

_CAPABILITIES: Final = {
    "textDocument": {
        "hover": {"contentFormat": ["markdown"]},
        "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
    },
    "workspace": {"configuration": True},
}


class Editor:
    """What an editor asks a language server about recipes."""

    def __init__(self, stdin: IO[bytes], stdout: IO[bytes], schema: Path) -> None:
        self._stdin, self._stdout = stdin, stdout
        self._settings = {"yaml": {"schemas": {schema.as_uri(): "*.yaml"}, "schemaStore": {"enable": False}}}
        self._diagnostics: dict[str, list[dict[str, Any]]] = {}
        self._requests = self._documents = 0
        self._request("initialize", processId=None, rootUri=None, capabilities=_CAPABILITIES)
        self._send(method="initialized", params={})
        self._send(method="workspace/didChangeConfiguration", params={"settings": self._settings})

    def problems(self, text: str) -> list[tuple[str, str]]:
        """Returns what is underlined in a document, with what is said of it."""
        uri = self._open(text)
        while uri not in self._diagnostics:
            self._receive()
        return [(_at(text, one["range"]), one["message"]) for one in self._diagnostics[uri]]

    def hover(self, text: str, word: str) -> str:
        """Returns what is shown where the pointer rests on the first ``word``."""
        shown = self._ask("textDocument/hover", text, text.index(word) + 1)
        return str(shown["contents"]["value"]).replace("\\", "")  # Markdown's escapes

    def completions(self, text: str) -> dict[str, str]:
        """Returns what is offered where ``|`` stands, each with its description."""
        offered = self._ask("textDocument/completion", text.replace("|", ""), text.index("|"))
        return {one["label"]: str(one.get("documentation", "")) for one in offered["items"]}

    def _ask(self, method: str, text: str, offset: int) -> dict[str, Any]:
        before = text[:offset].split("\n")
        position = {"line": len(before) - 1, "character": len(before[-1])}
        return self._request(method, textDocument={"uri": self._open(text)}, position=position)

    def _open(self, text: str) -> str:
        self._documents += 1
        uri = f"file:///{self._documents}.yaml"
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        return uri

    def _request(self, method: str, **params: object) -> dict[str, Any]:
        self._requests += 1
        self._send(id=self._requests, method=method, params=params)
        while True:
            answer = self._receive()
            if answer.get("id") == self._requests and "method" not in answer:
                result: dict[str, Any] = answer["result"]
                return result

    def _receive(self) -> dict[str, Any]:
        """Returns the server's next message; what it asks for or publishes is seen to."""
        length = 0
        while line := self._stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        if not length:
            raise EOFError("the language server has ended")
        message: dict[str, Any] = json.loads(self._stdout.read(length))
        match message:
            case {"method": "textDocument/publishDiagnostics", "params": found}:
                self._diagnostics[found["uri"]] = found["diagnostics"]
            case {"method": "workspace/configuration", "id": number, "params": {"items": items}}:
                self._send(id=number, result=[self._settings.get(item["section"]) for item in items])
            case {"method": _, "id": number}:
                self._send(id=number, result=None)
        return message

    def _send(self, **message: object) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._stdin.flush()


@contextmanager
def editor(server: Path, schema: Path) -> Iterator[Editor]:
    """Yields an editor whose recipes have ``schema``; the server ends with it."""
    with subprocess.Popen(["node", server, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Editor(process.stdin, process.stdout, schema)
        finally:
            process.kill()


def _at(text: str, span: dict[str, dict[str, int]]) -> str:
    start, end = span["start"], span["end"]
    lines = text.splitlines()[start["line"] : end["line"] + 1]
    return "\n".join([*lines[:-1], lines[-1][: end["character"]]])[start["character"] :]
