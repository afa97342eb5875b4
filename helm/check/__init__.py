"""The checks of the chart. Each is a function from what is there to a list of problems, empty if it holds."""
