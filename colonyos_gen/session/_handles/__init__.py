"""What a submission returns: a process or a workflow, to be waited for, watched, cancelled and removed."""
