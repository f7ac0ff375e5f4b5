# At night somebody must find out what this is and whom to call.
package main

import data.lib.workload
import rego.v1

required_labels := ["app.kubernetes.io/name", "eose.ca/crew"]

warn_labels contains finding if {
	workload.pod
	labels := object.get(input, ["metadata", "labels"], {})
	missing := [label | some label in required_labels; object.get(labels, label, "") == ""]
	count(missing) > 0
	names := concat(" and ", missing)
	finding := workload.of_workload("labels", sprintf("has no label %s", [names]), sprintf("set metadata.labels %s", [names]))
}
