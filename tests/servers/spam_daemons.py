"""Private spam daemons that ask nobody in the network: SpamAssassin's spamd, and Rspamd."""

import os
import secrets
from pathlib import Path

from helpdesk.spam_daemon.values import Kind
from tests.servers.ports import free_port, is_listening
from tests.servers.process import ServerProcess, program
from tests.servers.server import PrivateServer

GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"  # spam to every spam filter
RSPAMD = """
options {{
  pidfile = "{folder}/rspamd.pid"; tempdir = "{folder}"; hs_cache_dir = "{folder}"; history_file = "{folder}/history";
  cache_file = "{folder}/symbols"; control_socket = "{folder}/control"; url_tld = "{folder}/tlds";
  filters = ""; disable_hyperscan = true;
  dns {{ nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }}
}}
logging {{ type = "console"; level = "notice"; }}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
worker "controller" {{
  bind_socket = "127.0.0.1:{controller_port}"; count = 1; password = "{password}"; secure_ip = "192.0.2.1";
}}
lua = "{folder}/rules.lua";
classifier "bayes" {{
  tokenizer {{ name = "osb"; }}
  cache {{ type = "sqlite3"; path = "{folder}/learned"; }}
  backend = "sqlite3"; min_tokens = 11; min_learns = 200;
  statfile {{ symbol = "BAYES_HAM"; path = "{folder}/ham"; spam = false; }}
  statfile {{ symbol = "BAYES_SPAM"; path = "{folder}/spam"; spam = true; }}
}}
"""
RULES = """
rspamd_config:register_symbol({{ name = "{symbol}", score = 7.5, callback = function(task)
  return (task:get_subject() or ""):lower():find("casino") ~= nil
end }})
"""
SYMBOL = "SAYS_CASINO"  # of Rspamd, 7.5 points: "add header"


class Spamd(PrivateServer):
    """SpamAssassin with the rules of its package; it may be told what mail is."""

    kind = Kind.SPAMASSASSIN

    def __init__(self) -> None:
        super().__init__("spamd")
        self.port = free_port()

    def start(self) -> None:
        """It answers."""
        home = self.folder / "home"
        home.mkdir(mode=0o777, exist_ok=True)
        home.chmod(0o777)
        arguments = [
            *("--local", "--listen", "127.0.0.1", "--port", str(self.port), "--max-children", "1"),
            *("--nouser-config", "--syslog", "stderr", "--helper-home-dir", str(home)),
            *("--allow-tell", f"--cf=bayes_path {home}/bayes", "--cf=bayes_file_mode 0666"),
            *(["--username", "nobody"] if os.geteuid() == 0 else []),
        ]
        self._process = ServerProcess([program("spamd"), *arguments], folder=self.folder)
        self._process.wait_until(lambda: is_listening(self.port))


class Rspamd(PrivateServer):
    """Rspamd with one rule: a subject that says casino. Its controller learns."""

    kind = Kind.RSPAMD

    def __init__(self) -> None:
        super().__init__("rspamd")
        self.port = free_port()
        self.controller_port = free_port()  # wants a password
        self.password = secrets.token_hex(16)

    def start(self) -> None:
        """It answers."""
        values = {"port": self.port, "controller_port": self.controller_port, "password": self.password}
        self._write("rspamd.conf", RSPAMD.format(folder=self.folder, **values))
        self._write("rules.lua", RULES.format(symbol=SYMBOL))
        self._write("tlds", "com\norg\ntest\n")  # the whole list takes seconds to compile
        root = ["--insecure", "--user", "root", "--group", "root"] if os.geteuid() == 0 else []
        arguments = ["--no-fork", "--config", str(self.folder / "rspamd.conf"), *root]
        self._process = ServerProcess([program("rspamd"), *arguments], folder=self.folder)
        self._process.wait_until(lambda: is_listening(self.port) and is_listening(self.controller_port))

    def _write(self, name: str, text: str) -> None:
        Path(self.folder / name).write_text(text)
