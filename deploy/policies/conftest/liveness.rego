# Without a liveness probe a container that hangs stays up.
package main

import data.lib.workload
import rego.v1

warn_liveness contains finding if {
	some c in workload.serving
	not c.livenessProbe
	finding := workload.of_container(
		"liveness", c,
		"has no liveness probe",
		"add livenessProbe, so that it is restarted when it hangs",
	)
}
