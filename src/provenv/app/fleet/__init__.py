"""Use cases on several hosts at once: which ones, each asked side by side, what they answered kept."""
