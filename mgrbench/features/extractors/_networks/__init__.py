"""Pretrained networks that give features."""
