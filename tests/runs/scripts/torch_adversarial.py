"""Two networks against each other, each with its optimizer; the critic learns as often as it is told."""

import sys

import torch
from torch import nn

torch.manual_seed(1)
critic_steps = int(sys.argv[1])
maker, critic = nn.Linear(4, 8), nn.Linear(8, 1)
makes, judges = torch.optim.Adam(maker.parameters()), torch.optim.RMSprop(critic.parameters())
for _ in range(12):
    for _ in range(critic_steps):
        judges.zero_grad()
        (critic(maker(torch.randn(16, 4)).detach()).mean() - critic(torch.randn(16, 8)).mean()).backward()
        judges.step()
    makes.zero_grad()
    (-critic(maker(torch.randn(16, 4))).mean()).backward()
    makes.step()
