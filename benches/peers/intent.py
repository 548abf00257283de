"""The encoder of *understand* by transformers (BertModel, fp32) with the package's own numbers and a fast tokenizer.
The heads are left out: the peer does less than the product.

    python intent.py e5-small-q4.bin THREADS
"""
import sys
from pathlib import Path

import torch
import transformers
from transformers import PreTrainedTokenizerFast

from peer import serve, timed

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models/recipes"))
import e5

torch.set_num_threads(int(sys.argv[2]))
model, words = e5.load(sys.argv[1])
words = PreTrainedTokenizerFast(tokenizer_object=words)


@torch.inference_mode()
def intent(text):
    seconds, hidden = timed(lambda: model(**words("query: " + text, return_tensors="pt", return_token_type_ids=False)).last_hidden_state)
    mean = hidden[0].mean(0)
    return {"seconds": seconds, "vector": (mean / mean.norm()).tolist()}


serve(f"transformers {transformers.__version__}, torch {torch.__version__}", intent=intent)
