"""Scripts that run in another interpreter; nothing imports them."""
