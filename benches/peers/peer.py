"""How a peer talks with the bench: one JSON object a line comes in, one goes out (see ../contender.rs).

The first line out names what runs and its version. A request names a verb under "do"; the answer is what the verb's
function returns. Libraries may print what they like: standard output is theirs no longer, it goes to standard error.
"""
import json
import os
import sys
import time


def serve(about, **verbs):
    """Answers requests until the bench closes standard input."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    say = lambda value: (out.write(json.dumps(value) + "\n"), out.flush())
    say({"about": about})
    for line in sys.stdin:
        request = json.loads(line)
        say(verbs[request.pop("do")](**request))


def timed(work):
    """(seconds, what the work made)"""
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made
