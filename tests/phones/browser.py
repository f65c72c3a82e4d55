"""A browser in a meeting: Chromium with our web client, whose microphone plays a tone."""

import json
import os
import subprocess
from pathlib import Path

from tone import write_tone

ROOT = Path(__file__).parents[2]
# Decibels by which a tone stands out from all that is heard beside it.
CLEAR = 25


class Browser:
    """A guest in a meeting. It reports how loud each of some tones is, again and again."""

    def __init__(self, directory: Path, url: str, code: str, name: str, hertz: int, tones: list[int]):
        directory.mkdir(parents=True)
        self.name, self.hertz = name, hertz
        self._report, self._leave, self._log = directory / "report", directory / "leave", directory / "log"
        write_tone(directory / "tone.wav", hertz, 48_000, seconds=10)
        settings = {
            "URL": url,
            "CODE": code,
            "NAME": name,
            "TONE": str(directory / "tone.wav"),
            "TONES": ",".join(map(str, tones)),
            "REPORT": str(self._report),
            "LEAVE": str(self._leave),
        }
        self._process = subprocess.Popen(
            [ROOT / "scripts" / "with-node", "npx", "playwright", "test", "--config", "attend", "--output", directory / "results"],
            cwd=ROOT / "tests" / "browser",
            env=os.environ | {f"ATTEND_{key}": value for key, value in settings.items()},
            stdin=subprocess.DEVNULL,
            stdout=self._log.open("ab"),
            stderr=subprocess.STDOUT,
        )

    def last(self) -> dict | None:
        """The newest report: the decibels of each tone, and who is shown."""
        if self._process.poll() is not None:
            raise AssertionError(f"the browser has ended:\n{self._log.read_text()}")
        lines = self._report.read_text().splitlines() if self._report.exists() else []
        return json.loads(lines[-1]) if lines else None

    def reports(self) -> int:
        return len(self._report.read_text().splitlines()) if self._report.exists() else 0

    def hears(self) -> set[int]:
        """The tones that were clear in the newest report."""
        report = self.last()
        return {int(hertz) for hertz, level in report["heard"].items() if level > CLEAR} if report else set()

    def leave(self) -> None:
        """Goes, and says whether its pages were without fault."""
        self._leave.touch()
        assert self._process.wait(timeout=30) == 0, self._log.read_text()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
