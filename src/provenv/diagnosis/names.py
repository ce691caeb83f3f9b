"""Names of libraries that AI projects import, whether or not they are locked here."""

from __future__ import annotations

POPULAR = frozenset(
    (
        *("torch", "torchvision", "tensorflow", "keras", "numpy", "scipy", "sklearn", "pandas", "jax"),
        *("flax", "transformers", "datasets", "cv2", "matplotlib", "tokenizers", "accelerate"),
        *("diffusers", "onnx", "onnxruntime", "openai", "requests", "wandb", "gym", "PIL", "yaml"),
        *("tqdm", "triton", "peft", "vllm", "deepspeed", "lightning", "pytorch_lightning"),
        *("huggingface_hub", "evaluate", "tiktoken", "flask", "fastapi"),
    )
)
