"""What a model costs: values, operations, time, memory, energy, measured so that nothing is miscounted.

`counts` counts without running anything, `timing` and `memory` measure, `subject` says what is measured,
`measure` does it in a process of its own, `record` is how it is stored.
"""
