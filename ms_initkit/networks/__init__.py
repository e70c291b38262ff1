"""What is known of a network's parameters, without their values: from the network itself or from a manifest."""
