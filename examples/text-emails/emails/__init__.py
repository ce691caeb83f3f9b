"""Spam or not: a BERT encoder fine-tuned on real e-mails, beside a linear model."""
