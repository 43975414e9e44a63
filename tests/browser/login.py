"""Bring Your Own Pollen in a real browser: the example programs, the emulator's pages, and what is left of the key.

Chromium, driven by ChromeDriver, does what a user does: visits the link that the program prints, clicks, and reads.
Screenshots of every page, light and dark, wide and narrow, go into the folder given as the first argument.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
SHOTS = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else ROOT / "target" / "screenshots"
PATIENCE = 20
LOOKS = [(scheme, size) for scheme in ("light", "dark") for size in ((1280, 800), (390, 780))]


def first_line(process, pattern):
    """What the first line that a program prints has at this place."""
    line = process.stdout.readline()
    found = re.search(pattern, line)
    assert found, f"{line!r} has no {pattern}"
    return found.group(1)


class Login(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        SHOTS.mkdir(parents=True, exist_ok=True)
        command = [TARGET / "xtask", "emulate", "--port", "0"]
        cls.emulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.emulator.wait)
        cls.addClassCleanup(cls.emulator.terminate)
        cls.url = first_line(cls.emulator, r"(http://\S+)")

    def setUp(self):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        self.profile = tempfile.TemporaryDirectory()
        self.addCleanup(self.profile.cleanup)
        for argument in [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={self.profile.name}",
        ]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        service = webdriver.ChromeService("/usr/bin/chromedriver")
        self.browser = webdriver.Chrome(options=options, service=service)
        self.addCleanup(self.browser.quit)
        self.events = []
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def start(self, name, *arguments, **environment):
        """Starts an example program in a folder of its own, against the emulator."""
        process = subprocess.Popen(
            [TARGET / "examples" / name, *arguments], cwd=self.folder.name, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "POLLINATIONS_BASE_URL": self.url, **environment},
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def click(self, decision):
        self.browser.find_element(By.CSS_SELECTOR, f"button[value={decision}]").click()

    def heading(self, text):
        """Waits until the page says this, and shows it in all its looks."""
        # The page may go while it is looked at.
        WebDriverWait(self.browser, PATIENCE, ignored_exceptions=[WebDriverException]).until(
            lambda browser: browser.find_element(By.TAG_NAME, "h1").text == text,
            f"the page never said {text!r}",
        )

    def show(self, name):
        for scheme, (width, height) in LOOKS:
            feature = {"name": "prefers-color-scheme", "value": scheme}
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            self.browser.save_screenshot(str(SHOTS / f"{name}-{scheme}-{width}.png"))
            inner, outer = self.browser.execute_script(
                "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
            )
            self.assertLessEqual(inner, outer, f"{name} is wider than {width} pixels")

    def network(self, method):
        """Everything of this kind that the browser's network has done."""
        self.events += [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        return [event["params"] for event in self.events if event["method"] == method]

    def nothing_of_the_key_is_left(self, receiver):
        """Not in the address, not in the history, and nowhere did the page go with it but to its own receiver."""
        self.assertEqual(self.browser.current_url, f"{receiver}/callback")
        self.assertEqual(self.browser.execute_script("return location.href"), f"{receiver}/callback")
        self.assertNotIn("api_key", self.browser.execute_script("return document.referrer"))
        history = self.browser.execute_cdp_cmd("Page.getNavigationHistory", {})
        for entry in history["entries"]:
            self.assertNotIn("api_key", entry["url"])
            self.assertNotIn("sk_", entry["url"])
        self.assertNotIn("sk_", self.browser.page_source)
        kept = self.browser.execute_script("return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
        self.assertEqual(kept, '[{},{},""]')
        own = {urlsplit(self.url).netloc, urlsplit(receiver).netloc}
        for request in self.network("Network.requestWillBeSent"):
            address = urlsplit(request["request"]["url"])
            # The browser's own first page is not of the network.
            if address.scheme not in ("chrome", "data"):
                self.assertIn(address.netloc, own)

    def policy(self, receiver):
        """The receiver's page may do what it has to, and nothing else."""
        responses = [seen["response"] for seen in self.network("Network.responseReceived")]
        page = next(seen for seen in responses if seen["url"].split("#")[0] == f"{receiver}/callback" and seen["mimeType"] == "text/html")
        headers = {name.lower(): value for name, value in page["headers"].items()}
        policy = headers["content-security-policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertRegex(policy, r"script-src 'nonce-[^']{16,}'")
        self.assertNotIn("unsafe-inline", policy)
        self.assertNotIn("*", policy)
        self.assertEqual(headers["cache-control"], "no-store")
        self.assertEqual(headers["referrer-policy"], "no-referrer")
        # A script that somebody else has put there does not run.
        self.browser.execute_script(
            "const script = document.createElement('script'); script.textContent = 'window.injected = true';"
            "document.body.append(script)"
        )
        self.assertIsNone(self.browser.execute_script("return window.injected"))

    def visit(self, *arguments):
        """Starts the login, and goes where it says."""
        program = self.start("login", *arguments)
        link = first_line(program, r"visit (\S+)")
        receiver = re.search(r"redirect_url=http%3A%2F%2F(127\.0\.0\.1)%3A(\d+)", link)
        self.browser.get(link)
        self.heading("Grant a key?")
        return program, f"http://{receiver.group(1)}:{receiver.group(2)}"

    def test_allow(self):
        program, receiver = self.visit()
        self.assertIn("flux", self.browser.page_source)
        self.show("authorize")
        self.click("allow")
        self.heading("You are signed in")
        self.show("allowed")
        out, err = program.communicate(timeout=PATIENCE)
        self.assertEqual(program.returncode, 0, err)
        self.assertRegex(out, r"Thank you! cat\.jpg \(\d+ bytes\)")
        picture = pathlib.Path(self.folder.name, "cat.jpg").read_bytes()
        self.assertTrue(picture.startswith(b"\xff\xd8\xff"))
        self.nothing_of_the_key_is_left(receiver)
        self.policy(receiver)
        # Nobody listens any more, and going back and forth brings no key.
        self.browser.back()
        self.heading("Grant a key?")
        self.assertNotIn("api_key", self.browser.current_url)

    def test_deny(self):
        program, receiver = self.visit()
        self.click("deny")
        self.heading("Access denied")
        self.show("denied")
        _, err = program.communicate(timeout=PATIENCE)
        self.assertEqual(program.returncode, 1)
        self.assertIn("the user denied access", err)
        self.assertEqual(os.listdir(self.folder.name), [])
        self.nothing_of_the_key_is_left(receiver)

    def test_time_out(self):
        program, _ = self.visit("1")
        _, err = program.communicate(timeout=PATIENCE)
        self.assertEqual(program.returncode, 1)
        self.assertIn("the user did not answer within 1 s", err)
        # Who decides now finds nobody there, and no key gets anywhere.
        self.click("allow")
        WebDriverWait(self.browser, PATIENCE).until(lambda browser: "/callback" in browser.current_url)
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_a_program_that_is_gone_while_the_page_is_there(self):
        program, _ = self.visit()
        # The page comes, and its answer does not arrive any more.
        self.browser.execute_cdp_cmd("Network.enable", {})
        self.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {
            "source": "window.fetch = () => Promise.reject(new TypeError('gone'))",
        })
        self.click("allow")
        self.heading("The program has stopped")
        self.show("gone")
        self.assertNotIn("api_key", self.browser.current_url)
        self.assertIsNone(program.poll())

    def sign_in(self, *arguments):
        """Starts the sign-in with a code, and goes where it says."""
        program = self.start("sign_in", *arguments)
        link = first_line(program, r"visit (\S+)")
        receiver = re.search(r"redirect_uri=http%3A%2F%2F(127\.0\.0\.1)%3A(\d+)", link)
        self.assertIn("code_challenge_method=S256", link)
        self.browser.get(link)
        self.heading("Grant a key?")
        return program, f"http://{receiver.group(1)}:{receiver.group(2)}"

    def nothing_of_the_code_is_left(self, page):
        self.assertEqual(self.browser.current_url, page)
        history = self.browser.execute_cdp_cmd("Page.getNavigationHistory", {})
        for entry in history["entries"]:
            self.assertNotRegex(entry["url"], r"sk_|[?&]code=")
        self.assertNotRegex(self.browser.page_source, r"sk_|code_[0-9a-f]{8}|<script")
        kept = self.browser.execute_script("return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
        self.assertEqual(kept, '[{},{},""]')
        self.assertEqual(self.browser.execute_script("return document.referrer"), "")
        for entry in self.browser.get_log("browser"):
            self.assertNotRegex(entry["message"], r"sk_|code_[0-9a-f]{8}")
        # The key never came near the browser.
        for request in self.network("Network.requestWillBeSent"):
            self.assertNotIn("sk_", json.dumps(request))

    def test_code_allow(self):
        program, receiver = self.sign_in()
        self.show("authorize-code")
        # The user grants less than was asked for.
        self.browser.find_element(By.NAME, "grant_usage").click()
        self.click("allow")
        self.heading("Access granted")
        out, err = program.communicate(timeout=PATIENCE)
        self.assertEqual(program.returncode, 0, err)
        self.assertRegex(out, r"Granted: profile\nThank you! cat\.jpg \(\d+ bytes\)")
        self.assertNotRegex(out + err, r"sk_|code_[0-9a-f]{8}")
        self.show("granted-code")
        self.nothing_of_the_code_is_left(f"{receiver}/granted")

    def test_code_deny(self):
        program, receiver = self.sign_in()
        self.click("deny")
        self.heading("Access denied")
        _, err = program.communicate(timeout=PATIENCE)
        self.assertEqual(program.returncode, 1)
        self.assertIn("the user denied access", err)
        self.nothing_of_the_code_is_left(f"{receiver}/denied")

    def test_code_too_late(self):
        program, _ = self.sign_in("1")
        _, err = program.communicate(timeout=PATIENCE)
        self.assertEqual(program.returncode, 1)
        self.assertIn("did not answer within 1 s", err)

    def test_code_in_a_web_application_works_once(self):
        program = self.start("web_sign_in")
        self.browser.get(first_line(program, r"visit (\S+)"))
        self.heading("Grant a key?")
        self.click("allow")
        WebDriverWait(self.browser, PATIENCE).until(lambda browser: "Hello emulated" in browser.page_source)
        self.assertNotIn("sk_", self.browser.page_source)
        # The same address once more: the code was used, and the sign-in is over.
        self.browser.get(self.browser.current_url)
        WebDriverWait(self.browser, PATIENCE).until(lambda browser: "Please start again" in browser.page_source)

    def test_device(self):
        program = self.start("device_login")
        found = re.search(r"visit (\S+) and enter (\S+)", program.stdout.readline())
        self.browser.get(found.group(1))
        self.heading("Connect a device?")
        self.show("device")
        self.browser.find_element(By.NAME, "user_code").send_keys(found.group(2))
        self.click("allow")
        self.heading("Connected")
        self.show("connected")
        out, err = program.communicate(timeout=PATIENCE)
        self.assertEqual(program.returncode, 0, err)
        self.assertIn("Thank you!", out)

    def test_device_denied(self):
        program = self.start("device_login")
        found = re.search(r"visit (\S+) and enter (\S+)", program.stdout.readline())
        self.browser.get(found.group(1))
        self.browser.find_element(By.NAME, "user_code").send_keys(found.group(2))
        self.click("deny")
        self.heading("Denied")
        _, err = program.communicate(timeout=PATIENCE)
        self.assertEqual(program.returncode, 1)
        self.assertIn("the user denied access", err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
