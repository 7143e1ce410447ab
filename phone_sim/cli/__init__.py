"""The command line: one module for each verb. Outcomes become exit codes here."""
