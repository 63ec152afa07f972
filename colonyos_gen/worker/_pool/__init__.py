"""Where functions that are not async run: threads and processes that are kept between calls."""
