"""Configuration parameters: which there are, what files say, and which value is in force."""
