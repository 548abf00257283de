"""A text by transformers in fp32, or by optimum on onnxruntime: ids in, so many ids out, greedily or with beams.

    python transformers_writes.py FOLDER torch|onnx|FOLDER_OF_GRAPHS THREADS        (FOLDER: see seq2seq_numbers.py)

`onnx` is the merged export in FOLDER; a folder inside it (`int8`) holds other graphs of the same model.
"""
import patient  # first

import json
import sys
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForSeq2SeqLM, GenerationConfig

from peer import serve, timed

folder, by, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
torch.set_num_threads(threads)
transformers.utils.logging.set_verbosity_error()
own = json.loads((folder / "generation_config.json").read_text())
about = f"transformers {transformers.__version__}, "
if by == "torch":
    model = AutoModelForSeq2SeqLM.from_pretrained(folder / "torch", dtype=torch.float32).eval()
    about += f"torch {torch.__version__}, fp32"
else:
    import onnxruntime
    import optimum.version
    from optimum.onnxruntime import ORTModelForSeq2SeqLM

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    graphs = folder if by == "onnx" else folder / by
    model = ORTModelForSeq2SeqLM.from_pretrained(graphs, use_merged=True, session_options=options)
    about += f"optimum {optimum.version.__version__}, onnxruntime {onnxruntime.__version__}, {by}"


@torch.inference_mode()
def write(ids, new, beams):
    asked = GenerationConfig(**own | {"num_beams": beams, "min_new_tokens": new, "max_new_tokens": new, "do_sample": False})
    ids = torch.tensor([ids])
    whole, told = timed(lambda: model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=asked))
    return {"whole": whole, "ids": told[0, 1:].tolist()}


serve(about, write=write)
