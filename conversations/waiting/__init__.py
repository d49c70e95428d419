"""What callers hear while they wait: uploaded sounds, waiting strategies, and the plan that a call gets from them."""
