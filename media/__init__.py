"""Where packets pass: legs, the bridge, hold music and taps. Encoded packets in, encoded packets out."""
