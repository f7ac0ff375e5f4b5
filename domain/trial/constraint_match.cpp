#include "domain/trial/constraint_match.hpp"

#include <algorithm>

#include "domain/cluster/placement.hpp"

namespace helix::trial {
namespace {

bool any_glob(const std::vector<std::string>& globs, std::string_view text) {
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return glob_matches(glob, text); });
}

/// An empty list names everything, and so does "*".
bool names(const std::vector<std::string>& list, const std::string& text) {
    return list.empty() ||
           std::any_of(list.begin(), list.end(), [&](const std::string& one) { return one == "*" || one == text; });
}

/// An empty selector selects everything here.
bool selects(const cluster::SelectorTerm& selector, const cluster::Labels& labels) {
    return selector.empty() || cluster::matches(selector, labels, {});
}

}  // namespace

bool glob_matches(std::string_view glob, std::string_view text) {
    const bool front = !glob.empty() && glob.front() == '*';
    if (front) glob.remove_prefix(1);
    const bool back = !glob.empty() && glob.back() == '*';
    if (back) glob.remove_suffix(1);
    if (front && back) return text.find(glob) != std::string_view::npos;
    if (text.size() < glob.size()) return false;
    if (front) return text.substr(text.size() - glob.size()) == glob;
    if (back) return text.substr(0, glob.size()) == glob;
    return text == glob;
}

bool covers(const ConstraintMatch& match, const Target& target, const Subject& subject) {
    const auto kind_named = [&](const ConstraintMatch::Kinds& kinds) {
        return names(kinds.groups, target.group) && names(kinds.kinds, target.kind);
    };
    if (!match.kinds.empty() && std::none_of(match.kinds.begin(), match.kinds.end(), kind_named)) return false;
    if (match.scope == "Cluster") return false;
    if (match.source == "Generated") return false;  // looks only at what expansion templates make
    if (!match.namespaces.empty() && !any_glob(match.namespaces, subject.ns)) return false;
    if (any_glob(match.excluded_namespaces, subject.ns)) return false;
    if (!match.name.empty() && !(target.named && glob_matches(match.name, target.name))) return false;
    return selects(match.labels, *target.labels) && selects(match.namespace_labels, subject.namespace_labels);
}

}  // namespace helix::trial
