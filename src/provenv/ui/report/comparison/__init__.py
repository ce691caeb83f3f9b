"""The sections of the page that sets several runs beside one another."""
