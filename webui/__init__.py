"""The pages: TypeScript sources, and `dist`, what the build makes of them."""
