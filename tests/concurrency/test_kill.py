"""kill -9 of the web process during purchases: what was acknowledged is kept, and every invariant holds after a restart."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

import pytest
import requests

from demo.browser import Browser
from demo.shopper import pay
from tools.stand import Stand

KILLS = int(os.environ.get("KILLS", "20"))
BUYERS = 4
SKUS = ("ROSASPINA-SERUM-30", "FONICA-EARBUDS-INDACO", "ROSASPINA-LIPSTICK-RUBINO", "TERRALUME-MUG-SABBIA")


class Buyer(threading.Thread):
    """Buys again and again; notes each order number that a page acknowledged as paid."""

    def __init__(self, stand: Stand, seed: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.stand, self.stop_at, self.rng = stand, stop, random.Random(seed)
        self.acknowledged: list[str] = []
        self.unclear = 0

    def run(self) -> None:
        while not self.stop_at.is_set():
            try:
                number = self.buy_once()
                if number:
                    self.acknowledged.append(number)
            except (requests.RequestException, ValueError, KeyError):
                self.unclear += 1
                time.sleep(0.1)

    def buy_once(self) -> str | None:
        browser = Browser(self.stand.base_url)
        browser.get("/p/rosaspina-serum")
        sku = self.rng.choice(SKUS)
        page = browser.post("/checkout/now", {"variant_id": sku, "quantity": "1", "return_path": "/"})
        if "/sandbox/" not in page.url or page.status_code != 200:
            return None
        answer = pay(browser, page)
        return browser.last_order_number() if answer else None


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_web_process_is_killed(tmp_path: Path) -> None:
    stand = Stand(tmp_path, parts=("web", "worker", "sandbox"), RATE_LIMITS="0")
    stand.prepare()
    stand.start()
    stop = threading.Event()
    try:
        stand.wait_ready()
        buyers = [Buyer(stand, seed, stop) for seed in range(BUYERS)]
        for buyer in buyers:
            buyer.start()
        dice = random.Random(7)
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.3, 1.2))
            stand.kill("web")
            stand.start("web")
            stand.wait_ready()
        time.sleep(2)
        stop.set()
        for buyer in buyers:
            buyer.join(timeout=60)
        acknowledged = [number for buyer in buyers for number in buyer.acknowledged]
        assert len(acknowledged) >= KILLS, stand.log("web")
        assert len(set(acknowledged)) == len(acknowledged)
        found = stand.command("verify")
        assert found.returncode == 0, found.stderr
        assert paid_numbers(stand) >= set(acknowledged)
    finally:
        stop.set()
        stand.stop()


def paid_numbers(stand: Stand) -> set[str]:
    """Order numbers that the database says are paid."""
    import sqlite3

    with sqlite3.connect(stand.data_dir / "vetrina.db") as connection:
        return {str(row[0]) for row in connection.execute("SELECT number FROM orders WHERE state = 'paid'")}
