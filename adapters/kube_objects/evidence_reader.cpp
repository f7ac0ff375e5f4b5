#include "adapters/kube_objects/evidence_reader.hpp"

#include <algorithm>

#include "adapters/kube_objects/projections.hpp"
#include "domain/trial/findings.hpp"

namespace helix::kube_objects {
namespace {

bool is_of_interest(std::string_view annotation) {
    return annotation.starts_with("eose.ca/") || annotation.starts_with("trivy-operator.");
}

void read_owner(Value& value, trial::About& owner, bool& controlled) {
    trial::About read;
    bool controls = false;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "kind") read.kind = cut_text_of(field);
        if (key == "name") read.name = cut_text_of(field);
        if (key == "uid") read.uid = cut_text_of(field);
        if (key == "controller") controls = truth_of(field);
    });
    const bool first = owner == trial::About{};
    if (first || (controls && !controlled)) owner = std::move(read);
    controlled = controlled || controls;
}

/// Takes the field when it is text.
void salvage(Value& field, std::string& into) {
    if (field.type() == simdjson::ondemand::json_type::string) into = cut_text_of(field);
}

}  // namespace

std::string cut_text_of(Value& value) {
    return trial::cut(view_of(value));
}

Identity read_identity(Value& metadata) {
    Identity identity;
    bool controlled = false;
    each_field(metadata, [&](std::string_view key, Value& field) {
        if (key == "name") identity.ref.name = text_of(field);
        if (key == "namespace") identity.ref.ns = text_of(field);
        if (key == "uid") identity.ref.uid = text_of(field);
        if (key == "resourceVersion") identity.ref.resource_version = text_of(field);
        if (key == "generation") identity.generation = integer_of(field);
        if (key == "deletionTimestamp") identity.deleting = true;
        if (key == "labels") identity.labels = read_labels(field);
        if (key == "annotations")
            each_field(field, [&](std::string_view name, Value& value) {
                if (is_of_interest(name)) identity.annotations.emplace_back(name, cut_text_of(value));
            });
        if (key == "ownerReferences")
            each_item(field, [&](Value& one) { read_owner(one, identity.owner, controlled); });
    });
    std::sort(identity.annotations.begin(), identity.annotations.end());
    return identity;
}

std::string value_of(const cluster::Labels& labels, std::string_view key) {
    const std::string* found = cluster::find_label(labels, key);
    return found == nullptr ? std::string() : *found;
}

trial::About read_about(Value& value) {
    trial::About about;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "kind") about.kind = cut_text_of(field);
        if (key == "namespace") about.ns = cut_text_of(field);
        if (key == "name") about.name = cut_text_of(field);
        if (key == "uid") about.uid = cut_text_of(field);
    });
    return about;
}

void salvage_ref(JsonObject& object, trial::Ref& ref) {
    each_field(object, [&](std::string_view key, Value& field) {
        if (key == "kind") salvage(field, ref.kind);
        if (key != "metadata" || field.type() != simdjson::ondemand::json_type::object) return;
        each_field(field, [&](std::string_view part, Value& inner) {
            if (part == "namespace") salvage(inner, ref.ns);
            if (part == "name") salvage(inner, ref.name);
            if (part == "uid") salvage(inner, ref.uid);
            if (part == "resourceVersion") salvage(inner, ref.resource_version);
        });
    });
}

void assign_ref(trial::Trial& trial, trial::Ref&& ref) {
    trial.ns = std::move(ref.ns);
    trial.name = std::move(ref.name);
    trial.uid = std::move(ref.uid);
    trial.resource_version = std::move(ref.resource_version);
}

std::string describe(const Malformed& problem) {
    return (problem.path().empty() ? "the object" : problem.path()) + ": " + problem.what();
}

}  // namespace helix::kube_objects
