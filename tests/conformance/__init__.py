"""Ours beside torch.nn.init, jax.nn.initializers, keras.initializers and MindSpore's: `make conformance`."""
