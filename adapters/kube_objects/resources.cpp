#include <algorithm>
#include <functional>

#include "adapters/kube_objects/projections.hpp"

// The effective request of a pod, as kube-scheduler adds it up.
// Source: k8s.io/component-helpers resource/helpers.go, PodRequests; API defaulting of requests from limits.
namespace helix::kube_objects {
namespace {

using Container = PodSpec::Container;
using Amount = std::optional<std::int64_t>;

constexpr std::int64_t kAmountMax = std::int64_t{1} << 50;

std::int64_t add(std::int64_t a, std::int64_t b) {
    return std::min(a + b, kAmountMax);
}

/// The request, defaulted from the limit as the API server does.
Amount requested(const Amount& request, const Amount& limit) {
    return request ? request : limit;
}

/// max(init containers in their order, all that run together), sidecars counted in both.
std::int64_t together(const std::vector<Container>& containers,
                      const std::function<std::int64_t(const Container&)>& of) {
    std::int64_t running = 0;
    std::int64_t sidecars = 0;
    std::int64_t starting = 0;
    for (const Container& one : containers) {
        const std::int64_t amount = of(one);
        if (!one.init) {
            running = add(running, amount);
        } else if (one.sidecar) {
            running = add(running, amount);
            sidecars = add(sidecars, amount);
            starting = std::max(starting, sidecars);
        } else {
            starting = std::max(starting, add(amount, sidecars));
        }
    }
    return std::max(running, starting);
}

std::int64_t memory_request(const Container& one) {
    return requested(one.memory_request, one.memory_limit).value_or(0);
}

std::int64_t cpu_request(const Container& one) {
    return requested(one.cpu_request, one.cpu_limit).value_or(0);
}

/// A pod-level request replaces the sum; a pod-level limit alone becomes the request where no container has one.
std::int64_t with_whole(std::int64_t sum, const Amount& request, const Amount& limit) {
    if (request) return *request;
    return limit && sum == 0 ? *limit : sum;
}

}  // namespace

cluster::PodShape finish_shape(PodSpec&& spec, cluster::Labels labels) {
    cluster::PodShape shape = std::move(spec.shape);
    const auto all = [&](auto&& holds) {
        return !spec.containers.empty() && std::all_of(spec.containers.begin(), spec.containers.end(), holds);
    };
    const Container& whole = spec.whole;
    const std::int64_t memory =
        with_whole(together(spec.containers, memory_request), whole.memory_request, whole.memory_limit);
    const std::int64_t cpu = with_whole(together(spec.containers, cpu_request), whole.cpu_request, whole.cpu_limit);
    shape.request = {add(memory, spec.overhead.memory), add(cpu, spec.overhead.cpu_milli), 1};

    // A request of 0 says as little about the memory to come as none at all.
    shape.memory_requested = requested(whole.memory_request, whole.memory_limit).value_or(0) > 0 ||
                             all([](const Container& one) { return memory_request(one) > 0; });
    const auto limited = [](const Container& one) { return one.memory_limit.value_or(0) > 0; };
    if (whole.memory_limit.value_or(0) > 0) {
        shape.memory_limit = add(*whole.memory_limit, spec.overhead.memory);
    } else if (all(limited)) {
        const auto limit = [](const Container& one) { return *one.memory_limit; };
        shape.memory_limit = add(together(spec.containers, limit), spec.overhead.memory);
    }
    shape.labels = lasting_labels(std::move(labels));
    return shape;
}

}  // namespace helix::kube_objects
