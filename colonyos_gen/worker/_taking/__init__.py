"""Work that is asked for, what became of requests whose replies got lost, and whose is what runs in a worker's name."""
