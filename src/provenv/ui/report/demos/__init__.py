"""The sections of the page that sets several demos beside one another."""
