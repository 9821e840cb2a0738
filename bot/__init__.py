"""Usher: shows people to their ChatGPT seat and sees them out again."""
