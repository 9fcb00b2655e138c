"""Curated JSON and its exports."""
