# What every policy needs to know of a manifest: its pods, whatever kind makes them, and how a finding is written.
package lib.workload

import rego.v1

templated := {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"}

template := input if input.kind == "Pod"

template := input.spec.template if input.kind in templated

template := input.spec.jobTemplate.spec.template if input.kind == "CronJob"

pod := template.spec

containers contains c if some c in pod.containers

containers contains c if some c in pod.initContainers

# Containers that serve as long as their pod does. A sidecar is an init container that is always restarted.
serving contains c if {
	not input.kind in {"Job", "CronJob"}
	some c in pod.containers
}

serving contains c if {
	some c in pod.initContainers
	c.restartPolicy == "Always"
}

# "Deployment \"web\""
title := sprintf("%s %q", [input.kind, object.get(input, ["metadata", "name"], "")])

# A finding about one container. conftest hands everything but msg on as metadata, from which the court counts a
# defect once per policy, rule and container.
of_container(policy, c, what, mend) := {
	"msg": sprintf("container %q %s; mend: %s", [c.name, what, mend]),
	"policy": policy,
	"container": c.name,
	"mend": mend,
}

# A finding about the workload as a whole.
of_workload(policy, what, mend) := {
	"msg": sprintf("%s %s; mend: %s", [title, what, mend]),
	"policy": policy,
	"container": "",
	"mend": mend,
}

# The field of the container's security context, or else the pod's.
security(c, field) := value if {
	value := c.securityContext[field]
} else := value if {
	value := pod.securityContext[field]
}
