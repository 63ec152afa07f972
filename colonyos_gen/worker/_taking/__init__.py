"""Work that is asked for, and what became of requests whose replies got lost."""
