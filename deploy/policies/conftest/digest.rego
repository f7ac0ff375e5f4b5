# From L4 on an image is named by its digest: only that says which image was judged. The layer comes as data,
# {"trial": {"layer": "L4"}}; without it this policy does not speak.
package main

import data.lib.workload
import rego.v1

layers := {"L0", "L1", "L2", "L3", "L4", "L5", "L6", "L7"}

by_digest := {"L4", "L5", "L6", "L7"}

deny_digest contains finding if {
	data.trial.layer in by_digest
	some c in workload.containers
	not regex.match(`@sha256:[0-9a-f]{64}$`, c.image)
	finding := workload.of_container(
		"digest", c,
		sprintf("does not name its image by digest, which %s asks for: %q", [data.trial.layer, c.image]),
		"name the image with its digest (image@sha256:...)",
	)
}

# A layer that nobody knows must not pass for one that asks for little.
deny_digest_layer contains finding if {
	layer := data.trial.layer
	not layer in layers
	finding := workload.of_workload(
		"digest",
		sprintf("is judged for a layer that there is not: %v", [layer]),
		"give one of L0 to L7 as data.trial.layer",
	)
}
