# A container without limits may take what its neighbours on the node need.
package main

import data.lib.workload
import rego.v1

warn_limits contains finding if {
	some c in workload.containers
	missing := [resource | some resource in ["cpu", "memory"]; not c.resources.limits[resource]]
	count(missing) > 0
	finding := workload.of_container(
		"limits", c,
		sprintf("has no %s limit", [concat(" and no ", missing)]),
		sprintf("set resources.limits.%s", [concat(" and resources.limits.", missing)]),
	)
}
