"""Runs the tasks: accounts and cards converge here. Decides nothing about who may have what."""
