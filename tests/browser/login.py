"""Bring Your Own Pollen in a real browser: the example programs, the emulator's pages, and traces of keys and codes.

ChromeDriver controls Chromium, which does what a user does: it visits the link that the program prints, clicks, and
reads. The first argument is the folder for screenshots of every page, light and dark, wide and narrow.
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
TIMEOUT = 20
APPEARANCES = [(scheme, size) for scheme in ("light", "dark") for size in ((1280, 800), (390, 780))]


def first_line(process, pattern):
    """Returns the first group of the pattern in the first line that a program prints."""
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
        """Starts an example program in its own folder, against the emulator."""
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
        """Waits until the page has this heading."""
        # The page may be replaced while its heading is read.
        WebDriverWait(self.browser, TIMEOUT, ignored_exceptions=[WebDriverException]).until(
            lambda browser: browser.find_element(By.TAG_NAME, "h1").text == text,
            f"the heading never became {text!r}",
        )

    def show(self, name):
        for scheme, (width, height) in APPEARANCES:
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
        """The network events of this kind."""
        self.events += [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        return [event["params"] for event in self.events if event["method"] == method]

    def assert_no_trace_of_the_key(self, receiver):
        """The key is not in the URL, the history or the storage, and was sent only to the receiver."""
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
            # The browser's start page is not loaded from the network.
            if address.scheme not in ("chrome", "data"):
                self.assertIn(address.netloc, own)

    def assert_strict_policy(self, receiver):
        """The content security policy of the receiver's page allows only its own script."""
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
        # An injected script does not run.
        self.browser.execute_script(
            "const script = document.createElement('script'); script.textContent = 'window.injected = true';"
            "document.body.append(script)"
        )
        self.assertIsNone(self.browser.execute_script("return window.injected"))

    def visit(self, *arguments):
        """Starts the login, and opens the link that it prints."""
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
        out, err = program.communicate(timeout=TIMEOUT)
        self.assertEqual(program.returncode, 0, err)
        self.assertRegex(out, r"Thank you! cat\.jpg \(\d+ bytes\)")
        picture = pathlib.Path(self.folder.name, "cat.jpg").read_bytes()
        self.assertTrue(picture.startswith(b"\xff\xd8\xff"))
        self.assert_no_trace_of_the_key(receiver)
        self.assert_strict_policy(receiver)
        # The receiver has stopped, and navigating back does not reveal the key.
        self.browser.back()
        self.heading("Grant a key?")
        self.assertNotIn("api_key", self.browser.current_url)

    def test_deny(self):
        program, receiver = self.visit()
        self.click("deny")
        self.heading("Access denied")
        self.show("denied")
        _, err = program.communicate(timeout=TIMEOUT)
        self.assertEqual(program.returncode, 1)
        self.assertIn("the user denied access", err)
        self.assertEqual(os.listdir(self.folder.name), [])
        self.assert_no_trace_of_the_key(receiver)

    def test_timeout(self):
        program, _ = self.visit("1")
        _, err = program.communicate(timeout=TIMEOUT)
        self.assertEqual(program.returncode, 1)
        self.assertIn("the user did not answer within 1 s", err)
        # A decision after the timeout has no effect, because the receiver has stopped.
        self.click("allow")
        WebDriverWait(self.browser, TIMEOUT).until(lambda browser: "/callback" in browser.current_url)
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_the_page_says_that_the_program_has_stopped_if_its_request_fails(self):
        program, _ = self.visit()
        # The page loads, but its request to the receiver fails.
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
        """Starts the sign-in with a code, and opens the link that it prints."""
        program = self.start("sign_in", *arguments)
        link = first_line(program, r"visit (\S+)")
        receiver = re.search(r"redirect_uri=http%3A%2F%2F(127\.0\.0\.1)%3A(\d+)", link)
        self.assertIn("code_challenge_method=S256", link)
        self.browser.get(link)
        self.heading("Grant a key?")
        return program, f"http://{receiver.group(1)}:{receiver.group(2)}"

    def assert_no_trace_of_the_code(self, page):
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
        # The key was never sent to or from the browser.
        for request in self.network("Network.requestWillBeSent"):
            self.assertNotIn("sk_", json.dumps(request))

    def test_code_allow(self):
        program, receiver = self.sign_in()
        self.show("authorize-code")
        # The user grants fewer permissions than requested.
        self.browser.find_element(By.NAME, "grant_usage").click()
        self.click("allow")
        self.heading("Access granted")
        out, err = program.communicate(timeout=TIMEOUT)
        self.assertEqual(program.returncode, 0, err)
        self.assertRegex(out, r"Granted: profile\nThank you! cat\.jpg \(\d+ bytes\)")
        self.assertNotRegex(out + err, r"sk_|code_[0-9a-f]{8}")
        self.show("granted-code")
        self.assert_no_trace_of_the_code(f"{receiver}/granted")

    def test_code_deny(self):
        program, receiver = self.sign_in()
        self.click("deny")
        self.heading("Access denied")
        _, err = program.communicate(timeout=TIMEOUT)
        self.assertEqual(program.returncode, 1)
        self.assertIn("the user denied access", err)
        self.assert_no_trace_of_the_code(f"{receiver}/denied")

    def test_code_too_late(self):
        program, _ = self.sign_in("1")
        _, err = program.communicate(timeout=TIMEOUT)
        self.assertEqual(program.returncode, 1)
        self.assertIn("did not answer within 1 s", err)

    def test_code_in_a_web_application_works_once(self):
        program = self.start("web_sign_in")
        self.browser.get(first_line(program, r"visit (\S+)"))
        self.heading("Grant a key?")
        self.click("allow")
        WebDriverWait(self.browser, TIMEOUT).until(lambda browser: "Hello emulated" in browser.page_source)
        self.assertNotIn("sk_", self.browser.page_source)
        # The same URL again: the code was already used, and the sign-in is over.
        self.browser.get(self.browser.current_url)
        WebDriverWait(self.browser, TIMEOUT).until(lambda browser: "Please start again" in browser.page_source)

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
        out, err = program.communicate(timeout=TIMEOUT)
        self.assertEqual(program.returncode, 0, err)
        self.assertIn("Thank you!", out)

    def test_device_denied(self):
        program = self.start("device_login")
        found = re.search(r"visit (\S+) and enter (\S+)", program.stdout.readline())
        self.browser.get(found.group(1))
        self.browser.find_element(By.NAME, "user_code").send_keys(found.group(2))
        self.click("deny")
        self.heading("Denied")
        _, err = program.communicate(timeout=TIMEOUT)
        self.assertEqual(program.returncode, 1)
        self.assertIn("the user denied access", err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
