"""Every framework's checks: all pass in a sound environment, each fails where just its matter is broken."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

# the checks of each environment that nothing else proves already
CHECKS = {
    "torch": (
        "lightning-training", "lightning-processes", "transformers-model", "transformers-generation",
        "transformers-saving", "peft", "tokenizers", "accelerate", "keras-torch", "onnx-providers",
        "onnx-sessions", "xgboost", "lightgbm", "numba", "faiss", "opencv", "pillow",
    ),
    "tensorflow": (
        "tensorflow-tensors", "tensorflow-gradients", "tensorflow-compiling", "tensorflow-data",
        "tensorflow-training", "tensorflow-saving", "tensorflow-processes", "keras-tensorflow",
        "keras-legacy",
    ),
    "jax": (
        "jax-tensors", "jax-gradients", "jax-compiling", "jax-random", "jax-training", "jax-saving",
        "jax-processes", "keras-jax",
    ),
}  # fmt: skip

HALVED = """
_load = load_model
def load_model(path):
    model = _load(path)
    model.set_weights([value * 0.5 for value in model.get_weights()])
    return model
"""

# environment: module -> what is done to it right after its import
PATCHES = {
    "torch": {
        "lightning.pytorch": """
            _fit = Trainer.fit
            Trainer.fit = lambda self, *args, ckpt_path=None, **more: _fit(self, *args, **more)
            """,
        "lightning.pytorch.strategies.ddp": "DDPStrategy.configure_ddp = lambda self: None\n",
        "transformers.models.llama.modeling_llama": """
            _rotate = apply_rotary_pos_emb
            def apply_rotary_pos_emb(q, k, *args, **more):
                q, k = _rotate(q, k, *args, **more)
                return (q * 1.01 if q.dtype == torch.float32 else q), k
            """,
        "transformers.generation.utils": """
            import itertools as _itertools
            _generate, _calls = GenerationMixin.generate, _itertools.count()
            def _other(self, *args, **more):
                return _generate(self, *args, **more) + next(_calls)
            GenerationMixin.generate = _other
            """,
        "safetensors.torch": """
            _save = save_file
            def save_file(tensors, *args, **more):
                return _save({name: value + 1e-3 for name, value in tensors.items()}, *args, **more)
            """,
        "peft": """
            def _merge(self):
                base = self.base_model.unload()
                return base
            PeftModel.merge_and_unload = _merge
            """,
        "tokenizers.decoders": "ByteLevel = Fuse\n",
        "accelerate": """
            _backward = Accelerator.backward
            Accelerator.backward = lambda self, loss, **more: _backward(self, loss * 1.5, **more)
            """,
        "keras.models": HALVED,
        "onnxruntime": """
            import itertools as _itertools
            _run, _calls = InferenceSession.run, _itertools.count(1)
            def _wrong(self, *args):
                found, call = _run(self, *args), next(_calls)
                return [value + value.dtype.type(1e-2 * call) for value in found]
            InferenceSession.run = _wrong
            """,
        "xgboost": """
            _save = Booster.save_model
            Booster.save_model = lambda self, path: _save(self[:5], path)
            """,
        "lightgbm": """
            _save = Booster.save_model
            Booster.save_model = lambda self, path: _save(self, path, num_iteration=3)
            """,
        "numba": """
            _njit = njit
            def njit(*args, **more):
                if more.get("parallel"):
                    return lambda function: lambda values: function(values) * 1.001
                return _njit(*args, **more)
            """,
        "faiss": """
            _read = read_index
            def read_index(path):
                index = _read(path)
                index.nprobe = 1
                return index
            """,
        "cv2": """
            _decode = imdecode
            imdecode = lambda *args: _decode(*args) // 2 * 2
            """,
        "PIL.Image": """
            _turn, _left = Image.transpose, Transpose.ROTATE_90
            Image.transpose = lambda self, method: self if method == _left else _turn(self, method)
            """,
    },
    "tensorflow": {
        "tensorflow": """
            import tensorflow as _tf
            _sort, _function, _parse, _gelu = sort, function, io.parse_tensor, nn.gelu
            sort = lambda values, axis=-1: _sort(values, axis=axis)[:, ::-1]

            @_tf.custom_gradient
            def _wrong(x):
                with _tf.GradientTape() as tape:
                    tape.watch(x)
                    result = _gelu(x)
                return result, lambda slope: slope * tape.gradient(result, x) * 1.001
            nn.gelu = lambda x, **more: _wrong(x) if x.dtype == float64 else _gelu(x, **more)

            def function(func=None, **more):
                if func is None or not more.get("jit_compile"):
                    return _function(func, **more)
                compiled = _function(func, **more)
                return lambda *args: compiled(*args) * 1.0001
            io.parse_tensor = lambda text, kind: _parse(text, kind) // 2 * 2

            _gradient = GradientTape.gradient
            def _lost(self, target, sources, *args, **more):
                found = _gradient(self, target, sources, *args, **more)
                listed = sources if isinstance(sources, list) else []
                names = [getattr(source, "name", "") for source in listed]
                own = len(names) == 4 and all(name.startswith("Variable") for name in names)
                return [value * 0 for value in found] if own else found
            GradientTape.gradient = _lost

            class _Read:
                def assert_consumed(self):
                    return self
            train.Checkpoint.read = lambda self, path: _Read()
            distribute.ReplicaContext.all_reduce = lambda self, operation, value: value
            """,
        "keras.models": HALVED,
        "tf_keras.models": HALVED,
    },
    "jax": {
        "jax": """
            import os as _os
            _vmap, _sort, _gelu, _categorical = vmap, numpy.sort, nn.gelu, random.categorical
            numpy.sort = lambda values, axis=-1: _sort(values, axis=axis)[:, ::-1]

            def _wrong(x):
                return _gelu(x)
            nn.gelu = custom_jvp(_wrong)
            nn.gelu.defjvp(lambda xs, slopes: (_gelu(*xs), jvp(_gelu, xs, slopes)[1] * 1.001))

            def vmap(function, **more):
                return lambda *args: _vmap(function, **more)(*args) * 1.0001
            random.categorical = lambda key, logits: _categorical(PRNGKey(_os.urandom(3)[0]), logits)
            PRNGKey = random.PRNGKey

            _both = value_and_grad
            def value_and_grad(function, **more):
                if more:
                    return _both(function, **more)
                def found(weights, *args):
                    gradients = tree_util.tree_map(numpy.zeros_like, weights)
                    return function(weights, *args), gradients
                return found
            lax.psum = lambda values, axis: values
            """,
        "numpy": """
            _savez = savez
            def savez(path, **arrays):
                _savez(path, **{name: value * 0 for name, value in arrays.items()})
            """,
        "keras.models": HALVED,
    },
}

# check -> what its evidence names: the part that is broken
NAMED = {
    "lightning-training": "resumed", "lightning-processes": "weights", "transformers-model": "forward cpu",
    "transformers-generation": "again", "transformers-saving": "whole weights", "peft": "merged",
    "tokenizers": "round trip", "accelerate": "every step", "keras-torch": "saved model",
    "onnx-providers": "CPUExecutionProvider", "onnx-sessions": "session 0",
    "xgboost": "loaded, 1 threads", "lightgbm": "loaded, 1 threads", "numba": "parallel", "faiss": "saved",
    "opencv": ".png", "pillow": "turn",
    "tensorflow-tensors": "sort", "tensorflow-gradients": "gelu", "tensorflow-compiling": "xla CPU:0",
    "tensorflow-data": "content", "tensorflow-training": "digits", "tensorflow-saving": "checkpoint",
    "tensorflow-processes": "process 0", "keras-tensorflow": "saved model", "keras-legacy": "h5",
    "jax-tensors": "sort", "jax-gradients": "gelu", "jax-compiling": "vmap", "jax-random": "categorical",
    "jax-training": "digits", "jax-saving": "numpy", "jax-processes": "process 0 psum",
    "keras-jax": "saved model",
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_a_sound_environment_is_proven(environment_of, prover, name):
    environment = environment_of(name)
    outcomes = prover(environment, *CHECKS[name])
    told = {
        outcome.name: (outcome.why, outcome.evidence)
        for outcome in outcomes.values()
        if outcome.status != "passed"
    }
    assert told == {}
    for outcome in outcomes.values():
        if outcome.distance is not None:
            assert 0 <= outcome.distance <= outcome.tolerance


@pytest.mark.parametrize("name", CHECKS)
def test_each_check_fails_where_its_matter_is_broken(environment_of, broken_from, prover, name):
    environment = broken_from(environment_of(name), PATCHES[name])
    outcomes = prover(environment, *CHECKS[name])
    unseen = [one for one, outcome in outcomes.items() if outcome.status != "failed"]
    assert unseen == []
    elsewhere = {
        one: outcome.evidence[-1500:]
        for one, outcome in outcomes.items()
        if not any(line.startswith(NAMED[one]) for line in outcome.evidence.splitlines())
    }
    assert elsewhere == {}
    for outcome in outcomes.values():
        assert all(hint.text is not None for hint in outcome.hints)
        assert any((hint.command or "").startswith("provenv lock --upgrade ") for hint in outcome.hints)


def test_torchvision_for_another_torch_is_named(base, broken_from, add, prover):
    environment = broken_from(base, {})
    # the default index has builds for CUDA alone, whose libraries the torch for the CPU doesn't bring
    add(environment, "torchvision")
    outcome = prover(environment, "torchvision", packages={"torch": "2", "torchvision": "0"})["torchvision"]
    assert (outcome.status, outcome.why.key) == ("failed", "proof.other_torch")
    assert outcome.why.args["package"] == "torchvision"
    assert "provenv lock --upgrade torchvision" in [hint.command for hint in outcome.hints]


def test_a_variant_that_falls_back_to_the_cpu_is_named(environment_of, prover):
    environment = environment_of("torch")
    # what is installed is the build for the CPU, as where two variants have overwritten each other
    packages = {"onnxruntime": "1", "onnxruntime-gpu": "1", "numpy": "2"}
    outcome = prover(environment, "onnx-providers", packages=packages)["onnx-providers"]
    assert (outcome.status, outcome.why.key) == ("failed", "proof.onnx_providers.replaced")
    assert outcome.why.args["provider"] == "CUDAExecutionProvider"
    assert "not among" in outcome.evidence


def test_another_build_than_the_declared_one_is_named(environment_of, prover):
    for name, package in (("tensorflow", "tensorflow-cpu"), ("jax", "jax")):
        check = f"{name}-devices"
        outcome = prover(environment_of(name), check, declared=[package], accelerator="cuda")[check]
        assert (outcome.status, outcome.why.key) == ("failed", "proof.accelerator.other_build")
        assert "provenv why accelerator" in [hint.command for hint in outcome.hints]
