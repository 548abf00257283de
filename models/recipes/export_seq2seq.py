"""T5, mT5 or Marian from a hub's torch weights to the files that a manifest of family `seq2seq` names, and a check of them.

    python export_seq2seq.py HUB_ID_OR_FOLDER OUT [--fp16 | --int8 | --q4] [--text FILE] [--new 32]

OUT gets encoder_model.onnx, decoder_model_merged.onnx (with `_data` beside it above 2 GB), config.json,
generation_config.json and the tokenizer: tokenizer.json, or Marian's source.spm, target.spm and vocab.json. So
`python export_seq2seq.py AlanRobotics/ruT5_q_a DIR/rut5-qa` makes what `models pull rut5-qa --from DIR` takes.

- Of a hub only weights for torch (safetensors before .bin), settings and the tokenizer's files are fetched; a vocab.txt is not (that
  of ruT5_q_a belongs to an earlier tokenizer). spiece.model becomes tokenizer.json by transformers' own converter.
- --int8: onnxruntime's dynamic quantisation, a scale for each output, weights signed. --q4: MatMulNBits, blocks of 32, symmetric; words
  stay fp32, so a model of many words is smaller in int8.
  --fp16: every number, inputs and outputs too. T5 was trained in bfloat16 and may leave the range of fp16: the check sees it.

The check, of each text (lines of --text, or those below): greedily and with 4 beams, transformers in fp32 against
onnxruntime over the files in OUT, with the model's own generation settings, --new tokens at most. In fp32 every token must be the
same; other forms lose a little, and how much is said: how far what is written stays the same, and of how many steps the best
token is the same when the tokens before it are those of transformers, with the least correlation of both scores. Exit status 1: other tokens in fp32, or scores that
are no numbers.
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import onnx
import torch
from huggingface_hub import snapshot_download
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.transformers.float16 import convert_float_to_float16
from optimum.exporters.onnx import main_export
from optimum.onnxruntime import ORTModelForSeq2SeqLM
from transformers import AutoModelForSeq2SeqLM, GenerationConfig, MarianTokenizer, PreTrainedTokenizerFast, T5TokenizerFast

GRAPHS = ["encoder_model.onnx", "decoder_model_merged.onnx"]
PAIR = ["source.spm", "target.spm", "vocab.json"]
SMALL = ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
         "spiece.model", *PAIR]
WEIGHTS = ["model.safetensors*", "pytorch_model*.bin*"]
TEXTS = [
    "Нарисуй рыжего кота на крыше.", "кот", "Пожалуйста, изобрази старый маяк у моря на закате, маслом.",
    "Что нужно нарисовать? Хочу картинку: дракон в небе над городом", "Draw a WiFi-роутер, 3 штуки!",
    "Расскажи коротко, почему небо голубое, а трава зелёная, и отчего осенью листья желтеют.",
]


def fetched(source):
    """A folder with the source's files."""
    if Path(source).is_dir():
        return Path(source)
    folder = Path(snapshot_download(source, allow_patterns=[*SMALL, "*.index.json"]))
    for kind in WEIGHTS:
        folder = Path(snapshot_download(source, allow_patterns=[*SMALL, kind]))
        if any(folder.glob(kind)):
            return folder
    raise SystemExit(f"{source} has no weights for torch")


def tokenizer(folder, out):
    """Puts the tokenizer's files into OUT; the tokenizer."""
    if all((folder / name).exists() for name in PAIR):
        for name in PAIR:
            shutil.copy(folder / name, out / name)
        return MarianTokenizer(*(str(out / name) for name in PAIR))
    if (folder / "tokenizer.json").exists():
        shutil.copy(folder / "tokenizer.json", out / "tokenizer.json")
    elif (folder / "spiece.model").exists():
        T5TokenizerFast(vocab_file=str(folder / "spiece.model")).backend_tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    else:
        raise SystemExit(f"{folder} has no tokenizer that is read here: {PAIR}, tokenizer.json or spiece.model")
    return PreTrainedTokenizerFast(tokenizer_file=str(out / "tokenizer.json"))


def settings(model, folder):
    """generation_config.json: the source's own, with the ids that config.json says where it is silent."""
    own = folder / "generation_config.json"
    said = json.loads(own.read_text()) if own.exists() else model.generation_config.to_diff_dict()
    for key in ("decoder_start_token_id", "eos_token_id", "pad_token_id"):
        said.setdefault(key, getattr(model.config, key))
    said.pop("transformers_version", None)
    return said


def parts(graph):
    """A graph and those inside it."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from parts(attribute.g)


def unfold(graph):
    """Gives the head a matrix of its own where it takes the words' turned by 90 degrees. Quantised as it stands, the whole
    matrix would be made fp32 again at each step (of opus-mt two thirds of a step)."""
    weights = {tensor.name: tensor for part in parts(graph) for tensor in part.initializer}
    turned = {}
    for part in parts(graph):
        for node in [node for node in part.node if node.op_type == "Transpose" and node.input[0] in weights]:
            name = f"{node.input[0]}_turned"
            if name not in turned:
                order = next((list(attribute.ints) for attribute in node.attribute if attribute.name == "perm"), None)
                values = onnx.numpy_helper.to_array(weights[node.input[0]]).transpose(order)
                turned[name] = onnx.numpy_helper.from_array(values.copy(), name)
            for user in part.node:
                user.input[:] = [name if given == node.output[0] else given for given in user.input]
            part.node.remove(node)
    graph.initializer.extend(turned.values())


def convert(source, target, form):
    graph = onnx.load(source)
    if form in ("int8", "q4"):
        unfold(graph.graph)
    if form == "int8":
        quantize_dynamic(graph, target, weight_type=QuantType.QInt8, per_channel=True,
                         extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True})
        return
    if form == "q4":
        quantizer = MatMulNBitsQuantizer(graph, block_size=32, is_symmetric=True)
        quantizer.process()
        graph = quantizer.model.model
    elif form == "fp16":
        graph = convert_float_to_float16(graph, keep_io_types=False, disable_shape_infer=True)
    large = graph.ByteSize() > 2_000_000_000
    onnx.save(graph, target, save_as_external_data=large, location=f"{target.name}_data")


def export(folder, out, form):
    with tempfile.TemporaryDirectory(dir=out) as place:
        main_export(str(folder), place, task="text2text-generation-with-past", do_validation=False, library_name="transformers")
        for name in GRAPHS:
            if form == "fp32":
                for file in Path(place).glob(f"{name}*"):
                    shutil.move(file, out / file.name)
            else:
                convert(Path(place, name), out / name, form)
        shutil.copy(Path(place, "config.json"), out / "config.json")


def led(model, ort, ids, tokens):
    """Both models' scores behind each of the tokens: whether ours are numbers, how many have the same best token, and how
    alike they are (the correlation over the vocabulary, the least of all steps)."""
    given = dict(input_ids=ids, attention_mask=torch.ones_like(ids), decoder_input_ids=torch.tensor([tokens[:-1]]))
    truth, ours = model(**given).logits[0], ort(**given, use_cache=False).logits[0]
    ours = ours.float()
    alike = torch.cosine_similarity(truth - truth.mean(-1, keepdim=True), ours - ours.mean(-1, keepdim=True), dim=-1)
    return bool(torch.isfinite(ours).all()), float((truth.argmax(-1) == ours.argmax(-1)).float().mean()), float(alike.min())


def written(model, ids, said, beams, new):
    """Tokens, and the smallest distance between the two best scores of a step (of the greedy way)."""
    more = {"num_beams": beams, "do_sample": False, "max_new_tokens": new}
    asked = GenerationConfig(**{key: value for key, value in said.items() if key != "max_length"} | more)
    told = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=asked, return_dict_in_generate=True, output_scores=True)
    best = [score[0].topk(2).values for score in told.scores] if beams == 1 else []
    return told.sequences[0].tolist(), min((float(two[0] - two[1]) for two in best), default=float("inf"))


def share(ours, theirs):
    """How much of the truth stands at the beginning of what was written."""
    same = next((at for at, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    return same / max(len(ours), len(theirs))


@torch.inference_mode()
def check(model, out, words, said, texts, new):
    """Prints lines of each text; (how many written are others, how many texts have scores that are no numbers)."""
    ort = ORTModelForSeq2SeqLM.from_pretrained(out, use_merged=True, use_io_binding=False)
    # optimum 2.1 takes d_model / heads for the width of a head, which mT5-small's is not.
    ort.decoder.embed_size_per_head = getattr(model.config, "d_kv", ort.decoder.embed_size_per_head)
    others, broken = 0, 0
    for text in texts:
        ids = words(text, return_tensors="pt", split_special_tokens=True).input_ids
        truth = {beams: written(model, ids, said, beams, new) for beams in (1, 4)}
        numbers, same, alike = led(model, ort, ids, truth[1][0])
        broken += not numbers
        print(f"{text!r}: {ids.shape[1]} tokens; best token the same in {same:.0%} of steps, correlation {alike:.4f}{'' if numbers else '; NO NUMBERS'}")
        for beams, (wanted, closest) in truth.items() if numbers else ():
            ours, _ = written(ort, ids, said, beams, new)
            others += ours != wanted
            mark = "same" if ours == wanted else f"OTHER, the first {share(ours, wanted):.0%} the same"
            near = f", closest {closest:.2g}" if beams == 1 else ""
            print(f"  beams {beams}, {len(wanted)} written: {mark}{near}: {words.decode(ours, skip_special_tokens=True)!r}")
    return others, broken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("out", type=Path)
    forms = parser.add_mutually_exclusive_group()
    for form in ("fp16", "int8", "q4"):
        forms.add_argument(f"--{form}", dest="form", action="store_const", const=form, default="fp32")
    parser.add_argument("--text", type=Path, help="texts to check with, one a line")
    parser.add_argument("--new", type=int, default=32, help="most tokens of a text that is checked")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    folder = fetched(args.source)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32).eval()
    words, said = tokenizer(folder, args.out), settings(model, folder)
    if len(words) > model.config.vocab_size:
        raise SystemExit(f"the tokenizer has {len(words)} pieces, the model only {model.config.vocab_size}: they do not belong together")
    (args.out / "generation_config.json").write_text(json.dumps(said, indent=1) + "\n")
    export(folder, args.out, args.form)
    texts = args.text.read_text().splitlines() if args.text else TEXTS
    others, broken = check(model, args.out, words, said, texts, args.new)
    for file in sorted(args.out.iterdir()):
        with file.open("rb") as data:
            print(f"{file.name}  {file.stat().st_size}  {hashlib.file_digest(data, 'sha256').hexdigest()}")
    print(f"{args.form}: of {2 * len(texts)} texts written {others} are not those of transformers; scores that are no numbers: {broken} of {len(texts)}")
    sys.exit(1 if broken or (args.form == "fp32" and others) else 0)


if __name__ == "__main__":
    main()
