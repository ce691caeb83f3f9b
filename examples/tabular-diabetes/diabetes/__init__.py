"""How diabetes goes on within a year, told from ten measurements of a patient."""
