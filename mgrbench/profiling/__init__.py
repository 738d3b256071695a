"""What a model costs: values, operations, time, memory and energy.

`plan` makes tasks from what a user asks for. `session` measures them, each in a process of its own, by
`measure`: `examples` gives the values, `counts` counts operations without computing, `timing`, `memory` and
`nvml` measure. `record` is how it is stored, `journal` keeps the rows of an unfinished profile, and `report`
makes tables and plots.
"""
