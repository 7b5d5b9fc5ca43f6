"""How much mail a mailbox lets itself be brought in a minute: who sends without end fills no disk in an hour."""

from __future__ import annotations

import logging

from django.core.cache import cache
from redis.exceptions import RedisError

from helpdesk.lib import clock
from mailboxes.services.push.push_addresses import PushTarget

logger = logging.getLogger(__name__)

MOST_A_MINUTE = 300


def exceeds_rate(target: PushTarget) -> bool:
    """True if the mailbox had its share of this minute before the message at hand, which counts either way.

    Without a cache nobody counts: losing mail would be worse.
    """
    minute = int(clock.now().timestamp() // 60)
    key = f"arrivals:{target.mailbox_id}:{minute}"
    try:
        cache.add(key, 0, timeout=180)
        return cache.incr(key) > MOST_A_MINUTE
    except (RedisError, OSError, ValueError) as error:
        logger.warning("arrivals.not_counted", extra={"error": type(error).__name__})
        return False
