# Without a readiness probe a container gets requests before it can answer them.
package main

import data.lib.workload
import rego.v1

warn_readiness contains finding if {
	some c in workload.serving
	not c.readinessProbe
	finding := workload.of_container(
		"readiness", c,
		"has no readiness probe",
		"add readinessProbe, so that it gets requests only when it can answer",
	)
}
