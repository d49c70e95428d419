"""Call control at the edge: offers and answers, what agents press, what customers press."""
