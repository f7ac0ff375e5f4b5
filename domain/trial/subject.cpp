#include "domain/trial/subject.hpp"

#include "domain/trial/findings.hpp"

namespace helix::trial {
namespace {

/// Whether `name` stands in `message` right after the word "container", quoted or bracketed or bare.
bool names_container(std::string_view message, std::string_view name) {
    constexpr std::string_view kWord = "ontainer ";
    for (std::size_t at = message.find(kWord); at != std::string_view::npos; at = message.find(kWord, at + 1)) {
        std::string_view rest = message.substr(at + kWord.size());
        const bool marked = !rest.empty() && std::string_view("<\"'`").find(rest.front()) != std::string_view::npos;
        if (marked) rest.remove_prefix(1);
        if (rest.substr(0, name.size()) != name) continue;
        rest.remove_prefix(name.size());
        if (rest.empty() || std::string_view(">\"'` ,.:;").find(rest.front()) != std::string_view::npos) return true;
    }
    return false;
}

}  // namespace

std::vector<std::string> containers_without_limits(const Subject& subject) {
    std::vector<std::string> names;
    for (const TemplateContainer& container : subject.containers)
        if (!container.limited) names.push_back(container.name);
    return names;
}

std::vector<std::string> containers_without_digest(const Subject& subject) {
    std::vector<std::string> names;
    for (const TemplateContainer& container : subject.containers)
        if (container.image.find("@sha256:") == std::string::npos) names.push_back(container.name);
    return names;
}

Part part_of(const Subject& subject, const About& about) {
    const auto is = [&](std::string_view kind, const std::string& name, const std::string& uid) {
        if (!about.uid.empty()) return about.uid == uid;
        return about.kind == kind && about.ns == subject.ns && about.name == name;
    };
    if (subject.uid.empty()) return {};
    if (is(subject.kind, subject.name, subject.uid)) return {Part::Kind::Workload, subject.uid, subject.revision_since};
    for (const SubjectReplicaSet& set : subject.replica_sets)
        if (set.current && is("ReplicaSet", set.name, set.uid))
            return {Part::Kind::ReplicaSet, set.uid, subject.revision_since};
    for (const SubjectPod& pod : subject.pods)
        if (pod.current && is("Pod", pod.name, pod.uid)) return {Part::Kind::Pod, pod.uid, pod.first_seen};
    return {};
}

std::string container_named_in(std::string_view message, const Subject& subject) {
    std::string found;
    for (const TemplateContainer& container : subject.containers) {
        if (!names_container(message, container.name)) continue;
        if (!found.empty()) return {};
        found = container.name;
    }
    return found;
}

}  // namespace helix::trial
