"""The edge's own layer over aiohttp: typed handlers, rules, problems, limits and headers."""
