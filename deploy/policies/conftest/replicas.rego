# A workload of one pod is away whenever that pod moves; without a disruption budget a drain may move all of them at
# once. The budgets of its namespace come as data, {"trial": {"podDisruptionBudgets": [...]}}; without them only the
# number is looked at.
package main

import data.lib.workload
import rego.v1

counted := {"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"}

warn_replicas contains finding if {
	input.kind in counted
	number := object.get(input.spec, "replicas", 1)
	number < 2
	finding := workload.of_workload(
		"replicas",
		sprintf("asks for %d replica(s): it is away while its pod moves", [number]),
		"set spec.replicas to 2 or more",
	)
}

warn_disruption_budget contains finding if {
	input.kind in counted
	budgets := data.trial.podDisruptionBudgets
	not protected(budgets)
	finding := workload.of_workload(
		"replicas",
		"has no PodDisruptionBudget: a drain may take all of its pods at once",
		"add a PodDisruptionBudget that selects its pods",
	)
}

protected(budgets) if {
	some budget in budgets
	budget.spec.selector
	selects(budget.spec.selector, object.get(workload.template, ["metadata", "labels"], {}))
}

# An empty selector selects every pod of the namespace.
selects(selector, labels) if {
	every key, value in object.get(selector, "matchLabels", {}) {
		labels[key] == value
	}
	every expression in object.get(selector, "matchExpressions", []) {
		holds(expression, labels)
	}
}

holds(expression, labels) if {
	expression.operator == "In"
	labels[expression.key] in expression.values
}

holds(expression, labels) if {
	expression.operator == "NotIn"
	not labels[expression.key] in expression.values
}

holds(expression, labels) if {
	expression.operator == "Exists"
	object.keys(labels)[expression.key]
}

holds(expression, labels) if {
	expression.operator == "DoesNotExist"
	not object.keys(labels)[expression.key]
}
