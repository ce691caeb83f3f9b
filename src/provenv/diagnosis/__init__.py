"""From what a program printed, and what is known of the machine, to the cause and a remedy that runs.

    log --scan--> Hits --ranking--> candidates --(Facts)--> Diagnosis

Everything here is pure. The knowledge lies in `rules/`, one TOML file a cause;
docs/rules.md says how to write one.
"""
