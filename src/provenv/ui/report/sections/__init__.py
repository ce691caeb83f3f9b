"""The report's sections: one module each, with `section(context) -> Html`."""
