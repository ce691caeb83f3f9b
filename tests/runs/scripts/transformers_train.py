"""A tiny language model, made from a configuration, and Transformers' Trainer."""

import sys

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

set_seed(3)
model = GPT2LMHeadModel(GPT2Config(vocab_size=64, n_positions=16, n_embd=16, n_layer=1, n_head=2))
tokens = torch.randint(0, 64, (32, 16))
data = [{"input_ids": row, "labels": row} for row in tokens]
arguments = TrainingArguments(
    output_dir=sys.argv[1], num_train_epochs=2, per_device_train_batch_size=4, logging_steps=2, save_steps=8,
    report_to=[], use_cpu=True, disable_tqdm=True, gradient_accumulation_steps=2, eval_strategy="epoch",
)  # fmt: skip
Trainer(model=model, args=arguments, train_dataset=data, eval_dataset=data).train()
