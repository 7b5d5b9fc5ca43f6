"""How the installed Chromium is started for browser tests; nothing is downloaded."""

from typing import Any

from tests.servers.process import program

# Debian's without a window, which takes less than half the processor's time; Debian's whole, Ubuntu's, Google's.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable")

# No sandbox: tests may run as root in a container. The rest keeps the browser from talking to the outside.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch_arguments() -> dict[str, Any]:
    """The keyword arguments of Playwright's `launch`.

    Raises: ServerFailed if Chromium is not installed.
    """
    return {"executable_path": program(*NAMES), "headless": True, "args": list(ARGUMENTS)}
