"""One process's share of the broken mails, watched from outside: a mail may hang or kill it."""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import process_time

from tests.fuzz.asking import look_at
from tests.fuzz.mutation import mutated

SLOW_S = 2.0  # of processor time, for the parser and all scenes together: others may keep the machine busy
HUNG_S = 60  # of processor time: then the kernel ends the process, whatever it is doing
MAX_MB = 600  # of a process at its peak, as of a worker
MAX_FAILURES = 20  # then a process has seen enough


class Share:
    """Mails of these seeds, in a process of its own."""

    def __init__(self, samples: Sequence[bytes], seeds: range, kept_in: Path) -> None:
        self._samples, self._kept_in = samples, kept_in
        self._at = multiprocessing.Value("q", seeds.start)
        self._done = multiprocessing.Value("q", 0)
        self._failed = multiprocessing.Value("q", 0)
        self._slowest_ms = multiprocessing.Value("q", 0)
        self._peak_mb = multiprocessing.Value("q", 0)
        self._process = multiprocessing.Process(target=self._work, args=(seeds,))
        self._process.start()

    @property
    def is_running(self) -> bool:
        """False once all mails are through, or the process is dead."""
        return self._process.is_alive()

    @property
    def done(self) -> int:
        """How many mails went through, failed or not."""
        return self._done.value

    @property
    def failed(self) -> int:
        """How many of them must not be so; one that killed the process counts."""
        return self._failed.value + bool(self._process.exitcode)

    @property
    def slowest_s(self) -> float:
        """Processor time of the slowest mail."""
        return self._slowest_ms.value / 1000

    @property
    def peak_mb(self) -> int:
        """Memory of the process when it had most."""
        return self._peak_mb.value

    def wait(self, *, timeout_s: float) -> None:
        """Until the process has ended, or for so long; says which mail it died of."""
        self._process.join(timeout_s)
        if self._process.exitcode:
            self._keep(self._at.value, f"killed its process: {self._process.exitcode}")

    def _work(self, seeds: range) -> None:
        for seed in seeds:
            self._at.value = seed
            signal.setitimer(signal.ITIMER_PROF, HUNG_S)  # SIGPROF ends a process that has no handler for it
            trouble, self._slowest_ms.value = self._try(seed)
            self._done.value += 1
            if trouble:
                self._failed.value += 1
                self._keep(seed, trouble)
            if self._failed.value >= MAX_FAILURES:
                return
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _try(self, seed: int) -> tuple[str, int]:
        """What is wrong with the mail of this seed, "" for nothing; and the slowest so far."""
        raw = mutated(self._samples, seed=seed)
        trouble, took_s = tried(raw, look_at)
        peak_mb = getrusage(RUSAGE_SELF).ru_maxrss // 1024
        if peak_mb > max(MAX_MB, self._peak_mb.value):
            trouble = trouble or f"took the process to {peak_mb} MB"
        self._peak_mb.value = max(peak_mb, self._peak_mb.value)
        return trouble, max(self._slowest_ms.value, int(took_s * 1000))

    def _keep(self, seed: int, trouble: str) -> None:
        kept = self._kept_in / f"{seed}.eml"
        kept.write_bytes(mutated(self._samples, seed=seed))
        print(f"seed {seed}: {trouble}; kept as {kept}", flush=True)


def tried(raw: bytes, look: Callable[[bytes], object]) -> tuple[str, float]:
    """What is wrong with what came of the mail, "" for nothing; and the processor time it took."""
    started = process_time()
    try:
        look(raw)
    except Exception as error:  # noqa: BLE001  whatever it is, it is what is looked for
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{error!r} at {where.filename}:{where.lineno}", process_time() - started
    took_s = process_time() - started
    return (f"took {took_s:.1f} s" if took_s > SLOW_S else ""), took_s
