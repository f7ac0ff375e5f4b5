# Root in a container is root on the node once the container's wall has a hole. To say root is denied; to leave it to
# the image is warned of, for the image's user cannot be seen here.
package main

import data.lib.workload
import rego.v1

deny_non_root contains finding if {
	some c in workload.containers
	workload.security(c, "runAsUser") == 0
	finding := workload.of_container(
		"non-root", c,
		"runs as root (runAsUser 0)",
		"set runAsNonRoot: true and a runAsUser other than 0",
	)
}

warn_non_root contains finding if {
	some c in workload.containers
	not says_user(c)
	not workload.security(c, "runAsNonRoot")
	finding := workload.of_container(
		"non-root", c,
		"may run as root: its user is whatever the image says",
		"set securityContext.runAsNonRoot: true",
	)
}

says_user(c) if is_number(workload.security(c, "runAsUser"))
