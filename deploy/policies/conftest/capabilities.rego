# What lets a container act on its node: being privileged, kernel capabilities, and the way to gain them.
package main

import data.lib.workload
import rego.v1

# What the restricted Pod Security Standard lets a container add.
harmless := {"NET_BIND_SERVICE"}

# With or without the prefix, in whatever case: both name the same.
capability(name) := trim_prefix(upper(name), "CAP_")

deny_privileged contains finding if {
	some c in workload.containers
	c.securityContext.privileged
	finding := workload.of_container("capabilities", c, "is privileged", "remove securityContext.privileged")
}

deny_capabilities contains finding if {
	some c in workload.containers
	added := {capability(name) | some name in c.securityContext.capabilities.add} - harmless
	count(added) > 0
	names := concat(", ", sort(added))
	finding := workload.of_container(
		"capabilities", c,
		sprintf("adds the capabilities %s", [names]),
		sprintf("remove %s from securityContext.capabilities.add", [names]),
	)
}

deny_privilege_escalation contains finding if {
	some c in workload.containers
	c.securityContext.allowPrivilegeEscalation
	finding := workload.of_container(
		"capabilities", c,
		"may gain more rights than it was started with",
		"set securityContext.allowPrivilegeEscalation: false",
	)
}

warn_capabilities contains finding if {
	some c in workload.containers
	not "ALL" in {capability(name) | some name in c.securityContext.capabilities.drop}
	finding := workload.of_container(
		"capabilities", c,
		"keeps the capabilities that its runtime gives to everybody",
		"set securityContext.capabilities.drop: [ALL] and add back NET_BIND_SERVICE if it needs that",
	)
}
