"""SmolLM2 by llama.cpp on the same GGUF: greedy, its own sampler in C, called for every token.

    python llama.py FILE.gguf THREADS
"""
import ctypes
import sys
import time

import llama_cpp as c
from peer import serve

EOS, CONTEXT = 2, 2048
path, threads = sys.argv[1], int(sys.argv[2])
quiet = c.llama_log_callback(lambda level, text, data: None)
c.llama_log_set(quiet, ctypes.c_void_p(0))
c.llama_backend_init()
model = c.llama_model_load_from_file(path.encode(), c.llama_model_default_params())
settings = c.llama_context_default_params()
settings.n_ctx = settings.n_batch = settings.n_ubatch = CONTEXT
settings.n_threads = settings.n_threads_batch = threads
context = c.llama_init_from_model(model, settings)
memory = c.llama_get_memory(context)
chain = c.llama_sampler_chain_init(c.llama_sampler_chain_default_params())
c.llama_sampler_chain_add(chain, c.llama_sampler_init_greedy())


def feed(tokens):
    held = (c.llama_token * len(tokens))(*tokens)
    if c.llama_decode(context, c.llama_batch_get_one(held, len(tokens))):
        raise RuntimeError("llama_decode failed")
    return c.llama_sampler_sample(chain, context, -1)


def answer(prompt, most, **_):
    c.llama_memory_clear(memory, True)
    start = time.perf_counter()
    token = feed(prompt)
    first, ids, steps = time.perf_counter() - start, [], 0
    while token != EOS:
        ids.append(token)
        if len(ids) == most:
            break
        token, steps = feed([token]), steps + 1
    return {"first": first, "rest": time.perf_counter() - start - first, "steps": steps, "ids": ids}


serve(f"llama.cpp (llama-cpp-python {c.__version__})", answer=answer)
