"""Chromium as a person uses it: real keys, a width, light or dark. Spoken to by its DevTools protocol, over pipes."""

from __future__ import annotations

import base64
import json
import os
import shlex
import shutil
import subprocess
from itertools import count
from pathlib import Path
from typing import Any, Final, Self

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_OPTIONS: Final = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --remote-debugging-pipe"
)
# What a key is in the protocol: its code, its number, and the text that it types.
_KEYS: Final = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " "), "Escape": (27, ""), "Backspace": (8, "")}
_SHIFT: Final = 8


class Browser:
    """One page in a browser of its own, whose profile lies in ``folder``.

    Args:
        folder: For the browser's profile.
        width: Of the window in pixels.
        dark: Whether the system prefers dark pages.
        calm: Whether the system prefers no motion.
    """

    def __init__(self, folder: Path, *, width: int = 1280, dark: bool = False, calm: bool = False) -> None:
        assert CHROMIUM is not None
        self._numbers = count(1)
        self._session: str | None = None
        self.errors: list[str] = []
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        # The browser reads from the descriptor 3 and writes to 4; whatever has those numbers here moves aside first.
        pipes = f"exec 8<&{to_read} 9>&{to_write} && exec 3<&8 4>&9 8<&- 9>&-"
        profile = shlex.quote(f"--user-data-dir={folder / 'profile'}")
        self._process = subprocess.Popen(
            ["bash", "-c", f"{pipes} && exec {shlex.quote(CHROMIUM)} {_OPTIONS} {profile}"],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._rest = b""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"},
        ]
        self._call("Emulation.setEmulatedMedia", features=features)
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._to)
        self._process.terminate()
        self._process.wait()
        os.close(self._from)

    def open(self, page: Path) -> None:
        """Loads a file to the end."""
        self._call("Page.navigate", url=f"file://{page}")
        self._until("Page.loadEventFired")

    def run(self, script: str) -> Any:  # noqa: ANN401 - whatever the script's value is in JSON
        """Returns the value of an expression of JavaScript."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str, *, times: int = 1, shift: bool = False) -> None:
        """Presses and releases a key of the keyboard."""
        number, text = _KEYS[key]
        code = "Space" if key == " " else key
        event = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": _SHIFT * shift}
        for _ in range(times):
            self._call("Input.dispatchKeyEvent", type="keyDown", **event, **({"text": text} if text else {}))
            self._call("Input.dispatchKeyEvent", type="keyUp", **event)

    def type(self, text: str) -> None:
        """Types a text where the focus is."""
        for letter in text:
            self._call("Input.dispatchKeyEvent", type="keyDown", key=letter, text=letter)
            self._call("Input.dispatchKeyEvent", type="keyUp", key=letter)

    def spoken(self) -> list[tuple[str, str]]:
        """Returns what a screen reader meets: role and name of everything that is not left out, in order."""
        nodes = self._call("Accessibility.getFullAXTree")["nodes"]
        return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Writes a PNG of the window, or of the whole page."""
        picture = self._call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(picture["data"]))

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != number:
            pass
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]  # type: ignore[no-any-return]

    def _until(self, event: str) -> None:
        while self._next().get("method") != event:
            pass

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._from, 1 << 20)
            assert read, "the browser ended"
            self._rest += read
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        match message.get("method"):
            case "Runtime.exceptionThrown":
                self.errors.append(message["params"]["exceptionDetails"]["exception"]["description"])
            case "Log.entryAdded" if message["params"]["entry"]["level"] == "error":
                self.errors.append(message["params"]["entry"]["text"])
            case _:
                pass
        return message
