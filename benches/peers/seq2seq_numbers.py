"""The numbers of a folder of models/recipes/full_seq2seq.py in the other forms of the bench: the same seed makes them again.

    python seq2seq_numbers.py FOLDER        (its name is the kind: rut5, mt5 or opus)

FOLDER/torch/ gets what transformers reads, FOLDER/ct2-float32/ and FOLDER/ct2-int8/ what CTranslate2 reads, FOLDER/int8/ the
graphs in 8 bit as export_seq2seq.py makes them, for the product and optimum. A token's name is `w` and its id. CTranslate2's converter cuts the pad of Marian off and starts from zeros, as its real weights have them there;
random ones do not, so the row is kept here and the decoder starts with it, as transformers does.
"""
import json
import shutil
import sys
from pathlib import Path

from ctranslate2.converters.transformers import MarianMTLoader, MT5Loader, T5Loader

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models/recipes"))
import export_seq2seq as exporter
import full_seq2seq as recipe

LOADERS = {"rut5": T5Loader, "mt5": MT5Loader, "opus": MarianMTLoader}


def spec(model, kind, own):
    """CTranslate2's form of a model."""
    loader = LOADERS[kind]()
    loader._remove_pad_weights = lambda spec: None
    made = loader.get_model_spec(model)
    if kind == "opus":
        made.decoder.start_from_zero_embedding = False
    names = [f"w{id}" for id in range(model.config.vocab_size)]
    made.register_source_vocabulary(names)
    made.register_target_vocabulary(names)
    made.config.unk_token = names[3]
    made.config.eos_token = names[own["eos_token_id"]]
    made.config.decoder_start_token = names[own["decoder_start_token_id"]]
    return made


def main(folder):
    kind = folder.name
    model, own = recipe.build(kind)
    model.save_pretrained(folder / "torch")
    (folder / "torch/generation_config.json").write_text(json.dumps(own) + "\n")
    for form in ("float32", "int8"):
        made = spec(model, kind, own)
        made.validate()
        made.optimize(quantization=form)
        place = folder / f"ct2-{form}"
        place.mkdir(exist_ok=True)
        made.save(str(place))
    (folder / "int8").mkdir(exist_ok=True)
    for name in exporter.GRAPHS:
        exporter.convert(folder / name, folder / "int8" / name, "int8")
    for name in ("config.json", "generation_config.json"):
        shutil.copy(folder / name, folder / "int8" / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
