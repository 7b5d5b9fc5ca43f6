"""`make fuzz`: 100,000 broken mails through the parser and the policy, on all cores.

The same seed gives the same mails; what one did is seen again with `--seed N --mails 1`.

Ends non-zero when one of them raised, gave what no store takes, took longer or more memory than it may, or killed its
process; each such mail is kept as a file, and its seed is printed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

import django

from tests.fuzz.mutation import OUR_MAILS, samples_in

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

REPORT_EVERY_S = 30.0


def main() -> int:
    """0 when all mails went through."""
    wanted = _arguments()
    samples = samples_in(wanted.samples)
    if not samples:
        print(f"There are no mails (*.eml) in {wanted.samples}.")
        return 2
    print(f"{wanted.mails} mails from {len(samples)} samples, seed {wanted.seed}", flush=True)
    django.setup()
    from tests.fuzz.sharing import Share  # what it holds mails against imports the product, which needs the line above

    kept_in = Path(tempfile.mkdtemp(prefix="fuzz-"))
    last = wanted.seed + wanted.mails
    firsts = range(wanted.seed, wanted.seed + wanted.processes)
    shares = [Share(samples, range(first, last, wanted.processes), kept_in) for first in firsts]
    while running := [share for share in shares if share.is_running]:
        running[0].wait(timeout_s=REPORT_EVERY_S)
        print(f"{sum(share.done for share in shares)} mails", flush=True)
    done, failed = sum(share.done for share in shares), sum(share.failed for share in shares)
    slowest, peak_mb = max(share.slowest_s for share in shares), max(share.peak_mb for share in shares)
    print(f"{done} mails, {failed} failed, the slowest took {slowest:.2f} s, a process had at most {peak_mb} MB")
    return 1 if failed or done < wanted.mails else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Broken mails into parser and policy.")
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20261127)
    parser.add_argument("--samples", type=Path, default=OUR_MAILS, help="a folder with *.eml to break, at any depth")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    return parser.parse_args()


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")  # the samples and all that was imported are there at once
    sys.exit(main())
