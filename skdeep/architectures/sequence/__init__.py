"""Nets for series and tokens: recurrent, convolutional and transformers, for rows of any length.

A net whose rows differ in length has a second input, the lengths, and a mask made of it. What lies behind the end of a
series never changes a prediction: recurrences run backward from the end, and whatever mixes moments is masked.
"""
