"""Architectures: plain functions from a frozen config to a keras.Model whose outputs carry no activation."""
