# Who breaks into a container with a writable root can stay there.
package main

import data.lib.workload
import rego.v1

warn_read_only_root contains finding if {
	some c in workload.containers
	not c.securityContext.readOnlyRootFilesystem
	finding := workload.of_container(
		"read-only-root", c,
		"can write to its root file system",
		"set securityContext.readOnlyRootFilesystem: true and mount an emptyDir where it must write",
	)
}
