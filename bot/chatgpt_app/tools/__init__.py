"""What people can do from inside ChatGPT, one file for each kind of thing."""
