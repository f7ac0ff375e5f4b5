#include <algorithm>

#include "adapters/kube_objects/evidence_projections.hpp"
#include "adapters/kube_objects/projections.hpp"

namespace helix::kube_objects {
namespace {

using trial::PodContainer;
using trial::Subject;
using trial::SubjectPod;
using trial::TemplateContainer;

/// Which limits are given.
struct Limits {
    bool memory = false;
    bool cpu = false;

    [[nodiscard]] Limits or_else(const Limits& other) const { return {memory || other.memory, cpu || other.cpu}; }
    [[nodiscard]] bool both() const { return memory && cpu; }
};

Limits read_limits(Value& resources) {
    Limits limits;
    each_field(resources, [&](std::string_view key, Value& field) {
        if (key != "limits") return;
        each_field(field, [&](std::string_view resource, Value& amount) {
            if (resource == "memory") limits.memory = quantity_of(amount) > 0;
            if (resource == "cpu") limits.cpu = milli_quantity_of(amount) > 0;
        });
    });
    return limits;
}

/// A container whose own limits are known; those of the whole pod may come later in the text.
struct Container {
    TemplateContainer container;
    Limits limits;
};

Container read_container(Value& value, bool init) {
    Container read;
    read.container.init = init;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "name") read.container.name = text_of(field);
        if (key == "image") read.container.image = text_of(field);
        if (key == "restartPolicy" && view_of(field) == "Always") read.container.init = false;
        if (key == "resources") read.limits = read_limits(field);
    });
    return read;
}

void read_template(Value& value, Subject& subject) {
    std::vector<Container> containers;
    Limits whole;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "metadata") subject.template_labels = read_metadata(field).labels;
        if (key != "spec") return;
        each_field(field, [&](std::string_view part, Value& inner) {
            if (part == "resources") whole = read_limits(inner);
            if (part == "containers" || part == "initContainers")
                each_item(inner,
                          [&](Value& one) { containers.push_back(read_container(one, part == "initContainers")); });
        });
    });
    for (Container& one : containers) {
        one.container.limited = one.limits.or_else(whole).both();
        subject.containers.push_back(std::move(one.container));
    }
}

void read_statuses(Value& value, std::vector<PodContainer>& containers) {
    each_item(value, [&](Value& one) {
        PodContainer container;
        each_field(one, [&](std::string_view key, Value& field) {
            if (key == "name") container.name = text_of(field);
            if (key == "imageID") container.image_id = text_of(field);
            if (key == "containerID") container.container_id = text_of(field);
        });
        containers.push_back(std::move(container));
    });
}

}  // namespace

Subject read_subject(Value& value) {
    Subject subject;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "kind") subject.kind = text_of(field);
        if (key == "metadata") {
            Metadata metadata = read_metadata(field);
            subject.ns = std::move(metadata.ns);
            subject.name = std::move(metadata.name);
            subject.uid = std::move(metadata.uid);
            subject.generation = metadata.generation;
            subject.labels = std::move(metadata.labels);
        }
        if (key == "spec")
            each_field(field, [&](std::string_view part, Value& inner) {
                if (part == "template") read_template(inner, subject);
            });
    });
    return subject;
}

SubjectPod read_subject_pod(Value& value) {
    SubjectPod pod;
    bool over = false;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "metadata") {
            const Metadata metadata = read_metadata(field);
            pod.uid = metadata.uid;
            pod.name = metadata.name;
            over = over || metadata.deleting;
        }
        if (key == "spec")
            each_field(field, [&](std::string_view part, Value& inner) {
                if (part == "nodeName") pod.node = text_of(inner);
            });
        if (key == "status")
            each_field(field, [&](std::string_view part, Value& inner) {
                if (part == "phase") {
                    const std::string_view phase = view_of(inner);
                    over = over || phase == "Succeeded" || phase == "Failed";
                }
                if (part == "containerStatuses" || part == "initContainerStatuses")
                    read_statuses(inner, pod.containers);
            });
    });
    pod.alive = !over;
    return pod;
}

}  // namespace helix::kube_objects
