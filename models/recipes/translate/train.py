"""Trains the translator.

    python train.py FOLDER PAIRS.tsv... --minutes 55 [--more]

FOLDER holds tokens.py's files; a checkpoint is written there every 500 steps, and --more goes on from it.
"""

import argparse
import math
import multiprocessing
import random
import tempfile
import time
from pathlib import Path

import numpy as np
import sentencepiece
import torch
from transformers import GenerationConfig, MarianConfig, MarianMTModel, MarianTokenizer

WIDTH, INNER, HEADS, ENCODER, DECODER = 192, 768, 6, 3, 2
TOKENS = 1500  # of the longer side, a step and worker


def fresh(vocab):
    pad = vocab - 1
    config = MarianConfig(
        vocab_size=vocab, d_model=WIDTH, encoder_layers=ENCODER, decoder_layers=DECODER, encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS, encoder_ffn_dim=INNER, decoder_ffn_dim=INNER, max_position_embeddings=128,
        activation_function="swish", scale_embedding=True, static_position_embeddings=True, dropout=0.0, attention_dropout=0.0,
        activation_dropout=0.0, pad_token_id=pad, eos_token_id=0, bos_token_id=0, decoder_start_token_id=pad, forced_eos_token_id=0,
        share_encoder_decoder_embeddings=True, tie_word_embeddings=True, init_std=0.03)
    return MarianMTModel(config)


def generation(vocab):
    pad = vocab - 1
    return GenerationConfig(
        bad_words_ids=[[pad]], bos_token_id=0, decoder_start_token_id=pad, eos_token_id=0, forced_eos_token_id=0, max_length=128,
        num_beams=4, pad_token_id=pad, renormalize_logits=True)


def encoded(path, spm, ids, seed):
    """Arrays of ids with the end, cached; a seventh of the Russian is cut at random, so that strange words meet all pieces."""
    cache = Path(path).with_suffix(".npz")
    if cache.exists():
        saved = np.load(cache)
        return saved["data"], saved["rows"]
    chance = random.Random(seed)
    data, rows, at = [], [], 0
    for line in open(path, encoding="utf-8"):
        ru, en = line.rstrip("\n").split("\t")
        sample = chance.random() < 0.14
        source = spm.encode(ru, out_type=str, enable_sampling=True, alpha=0.2, nbest_size=-1) if sample else spm.encode(ru, out_type=str)
        target = spm.encode(en, out_type=str)
        for side in (source, target):
            side = [ids.get(piece, 1) for piece in side] + [0]
            data.extend(side)
            rows.append((at, len(side)))
            at += len(side)
    data, rows = np.array(data, np.int16), np.array(rows, np.int32).reshape(-1, 4)
    np.savez(cache, data=data, rows=rows)
    return data, rows


def batches(files, seed):
    """(source, target) padded arrays without an end, of like lengths."""
    chance = random.Random(seed)
    while True:
        data, rows = files[chance.randrange(len(files))]
        order = np.random.RandomState(chance.randrange(1 << 30)).permutation(len(rows))[:40_000]
        order = order[np.argsort(np.maximum(rows[order, 1], rows[order, 3]) + np.random.rand(len(order)), kind="stable")]
        found, start = [], 0
        while start < len(order):
            end, longest = start, 0
            while end < len(order):
                longest = max(longest, rows[order[end], 1], rows[order[end], 3])
                if longest * (end - start + 1) > TOKENS:
                    break
                end += 1
            found.append(order[start:end])
            start = end
        chance.shuffle(found)
        for picked in found:
            yield [[data[rows[i, k]: rows[i, k] + rows[i, k + 1]] for i in picked] for k in (0, 2)]


def padded(rows, pad):
    out = np.full((len(rows), max(map(len, rows))), pad, np.int64)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return torch.from_numpy(out)


def outputs(files, vocab):
    """The pieces that English is written in: the only ones that the softmax sees, and that the model may say."""
    found = np.zeros(vocab, bool)
    for data, rows in files:
        for start, length in rows[:, 2:4]:
            found[data[start: start + length]] = True
    found[1] = False
    return torch.from_numpy(np.flatnonzero(found))


def worker(rank, meeting, args):
    """One of two, each with one thread and its own batches; gradients are averaged."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=args.workers)
    torch.manual_seed(1)
    torch.set_num_threads(1)
    ids = MarianTokenizer.from_pretrained(args.folder).encoder
    files = [encoded(path, None, ids, i) for i, path in enumerate(args.pairs)]
    said = outputs(files, len(ids))
    place = torch.full((len(ids),), -100)
    place[said] = torch.arange(len(said))
    model = MarianMTModel.from_pretrained(args.folder) if args.more else fresh(len(ids))
    model.generation_config = generation(len(ids))
    model.final_logits_bias.fill_(-10_000.0)
    model.final_logits_bias[0, said] = 0.0
    model.train()
    pad = len(ids) - 1
    weights = [p for p in model.parameters() if p.requires_grad]
    if rank == 0:
        print(sum(p.numel() for p in model.parameters()), "numbers,", len(said), "pieces said", flush=True)
    optimizer = torch.optim.AdamW(weights, lr=args.rate, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.005)
    average = {k: v.detach().clone() for k, v in model.state_dict().items()}
    began, step, sums, share = time.time(), 0, [], 0.0
    for source, target in batches(files, rank + (int(began) if args.more else 1)):
        rate = args.rate * min(1, (step + 1) / args.warm) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
        optimizer.param_groups[0]["lr"] = rate
        x, y = padded(source, pad), padded(target, pad)
        before = torch.cat([torch.full((len(y), 1), pad), y[:, :-1]], 1)
        hidden = model.model(input_ids=x, attention_mask=(x != pad).long(), decoder_input_ids=before).last_hidden_state
        logits = hidden[y != pad] @ model.model.shared.weight[said].t()
        loss = torch.nn.functional.cross_entropy(logits, place[y[y != pad]], label_smoothing=0.03)
        optimizer.zero_grad()
        loss.backward()
        share = meet(weights, loss, (time.time() - began) / (args.minutes * 60), sums)
        if share >= 1:
            break
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        step += 1
        if rank == 0:
            follow(average, model, min(0.998, step / (step + 50)))
            if step % 50 == 0:
                print(f"step {step} loss {np.mean(sums[-50:]):.4f} rate {rate:.2e} {time.time() - began:.0f} s", flush=True)
            if step % 500 == 0:
                save(model, average, args.folder)
    if rank == 0:
        save(model, average, args.folder)
        print("done", step, flush=True)


def meet(weights, loss, share, sums):
    """Averages gradients, loss and the share of time over the workers; the share is returned."""
    flat = torch.cat([p.grad.flatten() for p in weights] + [torch.tensor([loss.item(), share])])
    torch.distributed.all_reduce(flat)
    flat /= torch.distributed.get_world_size()
    at = 0
    for p in weights:
        p.grad.copy_(flat[at: at + p.numel()].view_as(p))
        at += p.numel()
    sums.append(flat[-2].item())
    return flat[-1].item()


@torch.no_grad()
def follow(average, model, keep):
    for k, v in model.state_dict().items():
        if v.is_floating_point():
            average[k].mul_(keep).add_(v, alpha=1 - keep)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("pairs", nargs="+")
    parser.add_argument("--minutes", type=float, default=55)
    parser.add_argument("--rate", type=float, default=1.6e-3)
    parser.add_argument("--warm", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--more", action="store_true")
    args = parser.parse_args()
    spm = sentencepiece.SentencePieceProcessor(model_file=str(args.folder / "source.spm"))
    ids = MarianTokenizer.from_pretrained(args.folder).encoder
    for i, path in enumerate(args.pairs):
        encoded(path, spm, ids, i)
    with tempfile.TemporaryDirectory() as meeting:
        workers = [multiprocessing.Process(target=worker, args=(rank, f"{meeting}/here", args)) for rank in range(args.workers)]
        for one in workers:
            one.start()
        for one in workers:
            one.join()


def save(model, average, folder):
    """The running average of the weights is what is kept."""
    model.save_pretrained(folder, state_dict={k: v.clone() for k, v in average.items()}, safe_serialization=True)


if __name__ == "__main__":
    main()
