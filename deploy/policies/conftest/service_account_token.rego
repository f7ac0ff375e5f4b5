# A pod that does not call the API server needs no token for it; one that does needs an account of its own.
package main

import data.lib.workload
import rego.v1

warn_service_account_token contains finding if {
	workload.pod
	not says_token
	finding := workload.of_workload(
		"service-account-token",
		"gets a token of the API server without having asked for it",
		"set automountServiceAccountToken: false, or true with a serviceAccountName of its own",
	)
}

warn_service_account_token contains finding if {
	workload.pod.automountServiceAccountToken
	object.get(workload.pod, "serviceAccountName", "default") in {"default", ""}
	finding := workload.of_workload(
		"service-account-token",
		"calls the API server as the default account, which all of its namespace share",
		"give it a serviceAccountName of its own",
	)
}

says_token if is_boolean(workload.pod.automountServiceAccountToken)
