"""How things look and what is written on them: colours, signs, labels, times, values."""
