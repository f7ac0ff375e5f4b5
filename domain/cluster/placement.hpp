#pragma once

#include "domain/cluster/objects.hpp"

namespace helix::cluster {

/// What the node lifecycle controller puts on a cordoned node, beside spec.unschedulable, and takes off again.
inline constexpr std::string_view kUnschedulableTaint = "node.kubernetes.io/unschedulable";

/// Why a node takes no pod of a shape.
enum class Exclusion { None, NotReady, Unschedulable, Taint, Selector, Affinity, NodeName };

std::string_view to_string(Exclusion why);

/// Whether the scheduler's filters, resources aside, let a pod of `shape` land on `node`.
///
/// A shape with a node name of its own, or with another scheduler, is held only to what the kubelet checks.
/// Source: kube-scheduler plugins NodeName, NodeUnschedulable, TaintToleration, NodeAffinity.
Exclusion excluded(const PodShape& shape, const Node& node);

/// Whether `tolerations` bear `taint`.
bool tolerates(const std::vector<Toleration>& tolerations, const Taint& taint);

/// Whether the label part of `shape` (nodeSelector, required affinity) admits `node`.
bool selects(const PodShape& shape, const Node& node);

/// Whether every requirement of `term` holds for `labels`; `name` serves requirements on the object's name.
bool matches(const SelectorTerm& term, const Labels& labels, std::string_view name);

}  // namespace helix::cluster
