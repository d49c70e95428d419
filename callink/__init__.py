"""A customer holds a URL: issuing call links, judging them, admitting a guest."""
