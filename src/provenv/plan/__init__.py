"""(Spec, Facts, Lock, State) -> Plan of typed Steps; pure."""
