# A folder of the node in a pod is a way out of the pod.
package main

import data.lib.workload
import rego.v1

deny_host_path contains finding if {
	paths := {sprintf("%s (volume %q)", [volume.hostPath.path, volume.name]) | some volume in workload.pod.volumes; volume.hostPath}
	count(paths) > 0
	finding := workload.of_workload(
		"host-path",
		sprintf("mounts folders of its node: %s", [concat(", ", sort(paths))]),
		"use a PersistentVolumeClaim, a ConfigMap or an emptyDir instead of hostPath",
	)
}
