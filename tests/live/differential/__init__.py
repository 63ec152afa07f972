"""The same requests to a real server and to the embedded one: what they answer, told apart."""
