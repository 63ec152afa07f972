"""The run of a process: the function, its arguments and its context, cancellation, interceptors."""
