# The node's network, processes and shared memory are not the pod's business: whoever shares them can listen in.
package main

import data.lib.workload
import rego.v1

deny_host_network contains finding if {
	shared := [field | some field in ["hostNetwork", "hostPID", "hostIPC"]; workload.pod[field]]
	count(shared) > 0
	finding := workload.of_workload(
		"host-network",
		sprintf("shares its node's %s", [concat(" and ", shared)]),
		sprintf("remove %s from the pod's spec", [concat(" and ", shared)]),
	)
}
