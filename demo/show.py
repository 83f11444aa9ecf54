"""Two streams on air with simulated shoppers: `python -m demo.show`, started by `make run` unless DEMO_SHOW=0.

Films go through the real ingest; shoppers use the public pages and the public socket protocol, nothing else. Outside the
demo setting this program refuses to run.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import requests
import structlog

from demo import plans
from demo.browser import Browser, Refused, RoomSocket
from demo.lines import BY_BRAND, GENERAL, HOST
from demo.shopper import buy
from livestream.video.push import push_film
from shop.core import logs
from shop.core.settings import Settings, SettingsError, load_settings

log = structlog.get_logger()

FILMS = Path(__file__).resolve().parent / "media" / "films"
PASSWORD = "vetrina-demo"
SHOW_SECONDS = 40 * 60
PAUSE_SECONDS = 20
READY_SECONDS = 120


@dataclass(frozen=True)
class Cast:
    """Who is on and who watches."""

    brand: str
    host: str
    shoppers: tuple[str, ...]


CASTS = (
    Cast("passo", "davide@passo.example", ("omar", "paolo", "nina", "chiara", "matteo", "elisa")),
    Cast("terralume", "amara@terralume.example", ("fabio", "ines", "tommaso", "carla", "dario", "lucia")),
)


@dataclass
class Show:
    """One brand's stream from start to end; then the next one."""

    settings: Settings
    cast: Cast
    rng: random.Random = field(default_factory=random.Random)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def run_for_ever(self) -> None:
        while True:
            try:
                self._run_once()
            except (Refused, requests.RequestException, OSError, ValueError, KeyError) as problem:
                log.warning(
                    "demo stream interrupted", brand=self.cast.brand, reason=f"{type(problem).__name__}: {problem}"
                )
            time.sleep(PAUSE_SECONDS)

    def _run_once(self) -> None:
        slug = plans.next_stream(self.cast.brand)
        host = Browser(self.base, language="it")
        host.sign_in(self.cast.host, PASSWORD)
        host.get(f"/live/{slug}")
        room = host.room(slug)
        if room["stream"]["state"] != "live":
            host.post(f"/dashboard/{self.cast.brand}/streams/{slug}/start", {})
        stop = threading.Event()
        threading.Thread(target=self._push, args=(host, slug, stop), daemon=True).start()
        crowd = threading.Thread(target=self._crowd, args=(slug, room["room_id"], stop), daemon=True)
        crowd.start()
        try:
            self._host(host, slug, room, stop)
        finally:
            stop.set()
            host.post(f"/dashboard/{self.cast.brand}/streams/{slug}/end", {})

    def _push(self, host: Browser, slug: str, stop: threading.Event) -> None:
        """Send the film until the show ends; a lost line is taken up with a new grant, as a studio would."""
        film = FILMS / f"{self.cast.brand}.mp4"
        while not stop.is_set():
            try:
                answer = host.post_json(f"/dashboard/{self.cast.brand}/streams/{slug}/ingest", {})
                if not answer["ok"]:
                    return  # The stream is over.
                grant = answer["grant"]
                push_film(film, self._socket_address(grant["url"]), stop)
            except Exception as problem:
                log.warning(
                    "demo film interrupted", brand=self.cast.brand, reason=f"{type(problem).__name__}: {problem}"
                )
            stop.wait(1)

    def _socket_address(self, url: str) -> str:
        """Grants carry addresses for browsers; from here the live process is reached through the same front door."""
        path = url[url.index("/media-live") :] if "/media-live" in url else url
        return f"ws://127.0.0.1:{self.settings.port}{path}"

    def _host(self, host: Browser, slug: str, room: dict[str, Any], stop: threading.Event) -> None:
        """Pin one product after the other and answer now and then."""
        socket = host.socket(f"/live/{slug}")
        room_id, items = room["room_id"], [item["item_id"] for item in room["items"]]
        socket.call("room.join", room_id=room_id)
        ends = time.monotonic() + SHOW_SECONDS
        turn = 0
        try:
            while time.monotonic() < ends and not stop.is_set():
                item_id = items[turn % len(items)]
                if not self._try(partial(socket.call, "pin.add", room_id=room_id, item_id=item_id)):
                    return  # Somebody ended the stream: a person who plays the host, usually.
                stop.wait(self.rng.uniform(20, 30))
                words = HOST[self.cast.brand]["it" if self.rng.random() < 0.6 else "en"]
                self._try(partial(socket.say, room_id, self.rng.choice(words)))
                stop.wait(self.rng.uniform(40, 70))
                turn += 1
        finally:
            socket.close()

    def _crowd(self, slug: str, room_id: str, stop: threading.Event) -> None:
        for place, key in enumerate(self.cast.shoppers):
            shopper = threading.Thread(target=self._shopper, args=(key, place, slug, room_id, stop), daemon=True)
            shopper.start()
            if stop.wait(self.rng.uniform(0.5, 2)):
                return

    def _shopper(self, key: str, place: int, slug: str, room_id: str, stop: threading.Event) -> None:
        """Watch, chat, react and, for every other one, buy what is pinned now and then."""
        language = "it" if place % 3 else "en"
        browser = Browser(self.base, language=language)
        try:
            browser.sign_in(f"{key}@crowd.vetrina.example", PASSWORD)
            socket = browser.socket(f"/live/{slug}")
            socket.call("room.join", room_id=room_id)
        except (Refused, requests.RequestException, OSError, KeyError) as problem:
            log.warning("simulated shopper stays out", reason=f"{type(problem).__name__}: {problem}")
            return
        lines = GENERAL[language] + BY_BRAND[self.cast.brand][language]
        while not stop.wait(self.rng.uniform(6, 24)):
            self._try(lambda: self._act(browser, socket, slug, room_id, lines, buys=place % 2 == 0))
        socket.close()

    def _act(
        self, browser: Browser, socket: RoomSocket, slug: str, room_id: str, lines: list[str], *, buys: bool
    ) -> None:
        dice = self.rng.random()
        if dice < 0.5:
            socket.call("reaction.send", room_id=room_id, count=self.rng.randint(1, 6))
        elif dice < 0.86 or not buys:
            socket.say(room_id, self.rng.choice(lines))
        else:
            buy(browser, slug, self.rng)

    def _try(self, action: Any) -> bool:
        """A refusal (sold out, too fast, muted by a moderator) is part of life in a room; False when the show is over."""
        try:
            action()
        except Refused as refused:
            log.info("refused", brand=self.cast.brand, code=refused.code)
            return refused.code != "not_live"
        except requests.RequestException as problem:
            log.warning("demo request failed", reason=type(problem).__name__)
        return True


def wait_ready(settings: Settings) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(f"http://127.0.0.1:{settings.port}/readyz", timeout=2).status_code == 200:
                return True
        except requests.RequestException:
            pass  # Not up yet; asked again until the deadline.
        time.sleep(0.2)
    return False


def main() -> int:
    try:
        settings = load_settings()
    except SettingsError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    logs.configure(settings.log_level, settings.log_format)
    if settings.env == "production" or not (settings.demo and settings.demo_show):
        sys.stderr.write("Simulated shoppers run in the demo only.\n")
        return 2
    if not wait_ready(settings):
        # The shop goes on without its show: a part that ends would end all of them.
        sys.stderr.write("The shop did not become ready; the demo show stays off.\n")
        threading.Event().wait()
    plans.install(settings)
    threads = [threading.Thread(target=Show(settings, cast).run_for_ever, daemon=True) for cast in CASTS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
