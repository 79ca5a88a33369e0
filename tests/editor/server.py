"""A small client of the language server protocol: enough to open a file and ask about places in it."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SETTINGS = {"yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}}
SECONDS = 60


class Server:
    """A language server in a process of its own, spoken to over stdin and stdout.

    Parameters
    ----------
    command : sequence of str
    root : Path
        The folder that the editor has open.
    """

    def __init__(self, command: Sequence[str], root: Path) -> None:
        self._process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._diagnostics: queue.Queue[dict[str, Any]] = queue.Queue()
        self._lock = threading.Lock()
        self._count = self._version = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {
                "hover": {"contentFormat": ["markdown"]},
                "completion": {"completionItem": {"snippetSupport": True}},
                "publishDiagnostics": {},
            },
        }
        folder = {"uri": root.as_uri(), "name": root.name}
        about = {"processId": None, "rootUri": root.as_uri(), "capabilities": capabilities, "workspaceFolders": [folder]}
        self.ask("initialize", about)
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": SETTINGS})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.ask("shutdown", None)
            self.tell("exit", None)
        else:
            self._process.kill()
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def open(self, path: Path, text: str) -> list[dict[str, Any]]:
        """Open a file with a text, which need not be what is on disk; return the diagnostics."""
        self._version += 1  # the server keeps what it has read by name and version, even of closed files
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": self._version, "text": text}
        while not self._diagnostics.empty():
            self._diagnostics.get()
        self.tell("textDocument/didOpen", {"textDocument": document})
        while True:
            published = self._diagnostics.get(timeout=SECONDS)
            if published["uri"] == path.as_uri():
                diagnostics: list[dict[str, Any]] = published["diagnostics"]
                return diagnostics

    def close(self, path: Path) -> None:
        """Close a file."""
        self.tell("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def hover(self, path: Path, line: int, character: int) -> str:
        """Return what is shown when the mouse rests on a place, counted from 0."""
        answer = self.ask("textDocument/hover", _at(path, line, character))
        return str(answer["contents"]["value"]) if answer else ""

    def completion(self, path: Path, line: int, character: int) -> dict[str, dict[str, Any]]:
        """Return what is offered at a place, counted from 0, by its label."""
        answer = self.ask("textDocument/completion", _at(path, line, character))
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return {item["label"]: item for item in items}

    def ask(self, method: str, parameters: Any) -> Any:
        """Send a request and return its result."""
        self._count += 1
        self._send({"id": self._count, "method": method, "params": parameters})
        answer = self._answers.get(timeout=SECONDS)
        assert answer["id"] == self._count, answer
        assert "error" not in answer, answer
        return answer["result"]

    def tell(self, method: str, parameters: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.decode("ascii").partition(":")
                length = int(value) if name.lower() == "content-length" else length
                header = stream.readline()
            self._receive(json.loads(stream.read(length)))

    def _receive(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self._answers.put(message)
        elif "id" in message:
            result = None
            if message["method"] == "workspace/configuration":
                result = [SETTINGS.get(item.get("section", "")) for item in message["params"]["items"]]
            self._send({"id": message["id"], "result": result})
        elif message["method"] == "textDocument/publishDiagnostics":
            self._diagnostics.put(message["params"])


def _at(path: Path, line: int, character: int) -> dict[str, Any]:
    return {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": character}}
