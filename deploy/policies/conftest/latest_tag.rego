# A tag that moves lets tomorrow's pod run something else than what was judged.
package main

import data.lib.workload
import rego.v1

warn_latest_tag contains finding if {
	some c in workload.containers
	moves(c.image)
	finding := workload.of_container(
		"latest-tag", c,
		sprintf("uses an image whose tag moves: %q", [c.image]),
		"name a version, or better a digest (image@sha256:...)",
	)
}

# The tag stands after the last colon of the last part; before that a colon may begin a registry's port.
moves(image) if {
	not contains(image, "@")
	parts := split(image, "/")
	name := parts[count(parts) - 1]
	not contains(name, ":")
}

moves(image) if {
	not contains(image, "@")
	endswith(image, ":latest")
}
