"""Does a tokenizer learn a vocabulary, and give texts back as they were, also after it was saved?"""

import os

os.environ["TOKENIZERS_PARALLELISM"] = "true"  # asked before any process is forked from here

import tokenizers
from prove_results import Results
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

TEXTS = (
    "The quick brown fox jumps over the lazy dog.",
    "An environment counts only when it has been proven.",
    "\u4e00\u4e2a\u73af\u5883\u53ea\u6709\u7ecf\u8fc7\u9a8c\u8bc1\u624d\u7b97\u6570\u3002",
    "def f(x):\n\treturn x ** 2  # \u00e9\u00e8\u00ea \U0001f600",
)
UNSEEN = "A lazy environment has been \u9a8c\u8bc1 over 3.14159!"


def train():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<pad>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def run(options):
    results, tokenizer = Results(), train()
    texts = [*TEXTS, UNSEEN]
    one = [tokenizer.encode(text).ids for text in texts]
    results.equal("round trip", [tokenizer.decode(ids) for ids in one], texts)
    results.equal("together", [entry.ids for entry in tokenizer.encode_batch(texts * 8)], one * 8)
    results.equal(
        "fewer pieces than bytes", sum(map(len, one)) < sum(len(text.encode()) for text in texts), True
    )
    path = os.path.join(options["scratch"], "tokenizer.json")
    tokenizer.save(path)
    results.equal("loaded", [Tokenizer.from_file(path).encode(text).ids for text in texts], one)
    results.equal("learnt again", train().get_vocab(), tokenizer.get_vocab())
    return {
        "results": results,
        "said": {"pieces": tokenizer.get_vocab_size(), "version": tokenizers.__version__},
    }
