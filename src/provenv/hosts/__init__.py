"""How a command reaches a place: this machine (`local`), and a scripted one for tests (`fake`)."""
