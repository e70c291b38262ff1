"""What is done with a recipe and a network, a module for each verb: plan, apply, draw, attach, verify, materialize."""
