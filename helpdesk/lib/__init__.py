"""Small libraries without Django models: clock, crypto, net, text, errors."""
