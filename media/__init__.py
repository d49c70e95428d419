"""Where packets pass: legs, wiring, prompts, mixes and taps. Only mixes decode."""
