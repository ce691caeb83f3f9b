"""Drawings as inline SVG, coloured by the page's own style sheet so that they follow light and dark."""
