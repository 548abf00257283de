"""Small tokenizers of the two encoder kinds, trained on a few lines: WordPiece as BERT's, Unigram as XLM-R's."""
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = """нарисуй рыжего кота
нарисуй кота и собаку
можешь нарисовать картинку
отмени рисунок
Привет, как дела?
Что нарисовать? Кто это?
draw a red apple, please!
draw a picture of a cat
what can you do
what is the capital of France? The capital is Paris.
gimme a pic of the city of dogs""".split("\n")


def word_pieces(size=190):
    """[PAD] [UNK] [CLS] [SEP] and lower-case pieces; [CLS] A [SEP] and [CLS] A [SEP] B [SEP] with types 0 and 1."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    made.train_from_iterator(CORPUS * 3, trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, show_progress=False))
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return made


def unigram(size=150):
    """<s> <pad> </s> <unk> and pieces; <s> A </s> and <s> A </s></s> B </s>, all of type 0."""
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.Sequence([normalizers.Replace("\t", " "), normalizers.NFKC()])
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    made.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    trainer = trainers.UnigramTrainer(vocab_size=size, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], unk_token="<unk>",
                                      show_progress=False)
    made.train_from_iterator(CORPUS * 3, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return made
