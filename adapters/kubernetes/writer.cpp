#include "adapters/kubernetes/writer.hpp"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

namespace helix::kubernetes {
namespace {

using gate::Action;
using gate::Verb;
using http2_client::Method;
using kube_objects::Manifest;
using ports::Outcome;
using ports::WriteResult;

constexpr const char* kManager = "fieldManager=helix";
constexpr const char* kJson = "application/json";
constexpr int kConflictsMax = 3;

/// What a 409 between our reading and our write means for this step: someone else was at the object.
bool is_conflict(const Error& failure) {
    return failure.code == Code::Conflict;
}

bool answer_was_lost(const Error& failure) {
    return failure.code == Code::UnknownOutcome || failure.code == Code::DeadlineExceeded;
}

WriteResult from_before(const Manifest& object) {
    WriteResult result;
    result.outcome = Outcome::NotApplied;
    result.resource_version_before = object.resource_version;
    result.uid = object.uid;
    return result;
}

WriteResult with_failure(WriteResult result, const Error& failure) {
    result.outcome = Outcome::NotApplied;
    result.detail = failure.message;
    result.failure = failure;
    return result;
}

WriteResult applied(WriteResult result, std::string detail) {
    result.outcome = Outcome::Applied;
    result.detail = std::move(detail);
    result.failure.reset();
    return result;
}

std::string done_text(const Action& action) {
    return std::string(to_string(action.verb)) + " of " + describe(action.object) + " done";
}

}  // namespace

WriteResult not_applied(const Error& failure) {
    return with_failure({}, failure);
}

Writer::Writer(Api& api, ResourceMap& resources, WriterOptions options, std::function<std::int64_t()> now_s)
    : api_(api), resources_(resources), options_(options), now_s_(std::move(now_s)) {}

WriteResult Writer::write(const Action& action, const ports::WriteContext& context) {
    switch (action.verb) {
        case Verb::Create:
        case Verb::Apply:
            return apply(action, context);
        case Verb::Scale:
            return scale(action);
        case Verb::Evict:
            return evict(action);
        case Verb::Drain:
            return drain(action, context);
        case Verb::Delete:
            return erase(action);
        default:
            return patch(action, context);
    }
}

Result<Manifest> Writer::read(const std::string& path) {
    auto answer = api_.get(path);
    if (!answer) return answer.error();
    return decoder_.decode_manifest(answer->body);
}

Result<Writer::Before> Writer::before(const Action& action, const std::string& path) {
    auto answer = api_.get(path);
    if (!answer) return answer.error();
    auto object = decoder_.decode_manifest(answer->body);
    if (!object) return object.error();
    Before found{std::move(*object), {}};
    if (action.verb == Verb::SetImage || action.verb == Verb::SetResources)
        found.containers = container_names(answer->body);
    return found;
}

/// Sleeps in small steps; false when the writer is being stopped.
bool Writer::sleep_until(std::chrono::steady_clock::time_point when) const {
    while (!stopping_ && std::chrono::steady_clock::now() < when)
        std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(
            std::chrono::milliseconds(100), when - std::chrono::steady_clock::now()));
    return !stopping_;
}

/// The write failed: either it surely did nothing, or the object is read back until it shows the write, or until the
/// server can no longer be at it.
/// @param applied  whether the object, or its absence (nullptr), shows the write; none: it does not tell
WriteResult Writer::settle(const Error& failure, WriteResult result, const std::string& path,
                           const std::function<std::optional<bool>(const Manifest*)>& applied_in) {
    if (!answer_was_lost(failure)) return with_failure(std::move(result), failure);
    const auto until = std::chrono::steady_clock::now() + options_.read_back_time;
    bool undone = false;  // at the last look, which is when the server can no longer be at it
    constexpr std::array<int, 6> kPauses_ms = {0, 300, 700, 1'500, 3'000, 5'000};  // and the last again
    bool last_look = false;
    for (std::size_t look = 0; !last_look; ++look) {
        const auto now = std::chrono::steady_clock::now();
        const auto pause = std::chrono::milliseconds(kPauses_ms[std::min(look, kPauses_ms.size() - 1)]);
        last_look = now + pause >= until;
        if (!sleep_until(last_look ? until : now + pause)) break;
        const auto object = read(path);
        if (!object && object.error().code != Code::NotFound) continue;
        const std::optional<bool> shown = applied_in(object ? &*object : nullptr);
        if (object) result.resource_version_after = object->resource_version;
        if (shown.value_or(false))
            return applied(std::move(result), "the answer was lost; reading back shows it applied");
        undone = last_look && shown.has_value();
    }
    if (undone) {
        return with_failure(std::move(result), error(Code::Unavailable, "the answer was lost (" + failure.message +
                                                                            "); reading back shows nothing applied"));
    }
    result.outcome = Outcome::Unknown;
    result.detail = "the answer was lost and reading back did not tell: " + failure.message;
    result.failure = failure;
    result.failure->code = Code::UnknownOutcome;
    return result;
}

/// The object's version once more, for the receipt; its absence when it is another one by now.
void Writer::note_after(WriteResult& result, const std::string& path) {
    const auto object = read(path);
    if (object && (result.uid.empty() || object->uid == result.uid))
        result.resource_version_after = object->resource_version;
}

WriteResult Writer::scale(const Action& action) {
    if (!action.replicas || *action.replicas < 0)
        return not_applied(error(Code::InvalidArgument, "scale needs a number of replicas, 0 or more"));
    auto path = resources_.path_of(action.object);
    if (!path) return not_applied(path.error());
    *path += "/scale";
    std::optional<std::int64_t> first;
    for (int attempt = 1;; ++attempt) {
        const auto object = read(*path);
        if (!object) return not_applied(object.error());
        const std::int64_t from = object->replicas.value_or(0);
        WriteResult result = from_before(*object);
        if (first && *first != from)
            return with_failure(std::move(result), error(Code::Conflict, "someone else scaled it meanwhile"));
        first = from;
        const Patch patch = scale_for(*action.replicas, object->uid, object->resource_version);
        const auto answer = api_.write(Method::Patch, *path + "?" + kManager, patch.content_type, patch.body, true);
        if (answer) {
            if (const auto after = decoder_.decode_manifest(answer->body))
                result.resource_version_after = after->resource_version;
            return applied(std::move(result),
                           "scaled " + std::to_string(from) + " -> " + std::to_string(*action.replicas));
        }
        // Only its status moved: the number that the caller saw still stands.
        if (is_conflict(answer.error()) && attempt < kConflictsMax) continue;
        return settle(answer.error(), std::move(result), *path, [&](const Manifest* now) -> std::optional<bool> {
            if (now == nullptr || now->uid != object->uid || from == *action.replicas) return std::nullopt;
            if (now->replicas == action.replicas) return true;
            return now->replicas == from ? std::optional<bool>(false) : std::nullopt;
        });
    }
}

WriteResult Writer::apply(const Action& action, const ports::WriteContext& context) {
    const auto path = resources_.path_of(action.object);
    if (!path) return not_applied(path.error());
    const auto body = apply_for(action, {context.cycle_id, ""});
    if (!body) return not_applied(body.error());
    WriteResult result;
    const auto object = read(*path);
    if (object) {
        result = from_before(*object);
        if (action.verb == Verb::Create)
            return with_failure(std::move(result), error(Code::AlreadyExists, describe(action.object) + " exists"));
    } else if (object.error().code != Code::NotFound) {
        return not_applied(object.error());
    }
    const auto answer =
        api_.write(Method::Patch, *path + "?" + kManager + "&force=true", body->content_type, body->body, false);
    if (answer) {
        if (const auto after = decoder_.decode_manifest(answer->body)) {
            result.resource_version_after = after->resource_version;
            result.uid = after->uid;
        }
        return applied(std::move(result), (object ? "applied " : "created ") + describe(action.object));
    }
    const std::string version = result.resource_version_before;
    const bool marked_before = object && object->cycle == context.cycle_id;
    return settle(answer.error(), std::move(result), *path, [&](const Manifest* now) -> std::optional<bool> {
        if (now == nullptr) return version.empty() ? std::optional<bool>(false) : std::nullopt;
        if (now->resource_version == version) return false;
        if (marked_before) return std::nullopt;
        return now->cycle == context.cycle_id;
    });
}

WriteResult Writer::patch(const Action& action, const ports::WriteContext& context) {
    const auto path = resources_.path_of(action.object);
    if (!path) return not_applied(path.error());
    const auto found = before(action, *path);
    if (!found) return not_applied(found.error());
    WriteResult result = from_before(found->object);
    const auto body = patch_for(action, found->containers, {context.cycle_id, found->object.uid}, now_s_());
    if (!body) return with_failure(std::move(result), body.error());
    const auto answer = api_.write(Method::Patch, *path + "?" + kManager, body->content_type, body->body, true);
    if (answer) {
        if (const auto after = decoder_.decode_manifest(answer->body))
            result.resource_version_after = after->resource_version;
        return applied(std::move(result), done_text(action));
    }
    const bool marked_before = found->object.cycle == context.cycle_id;
    return settle(answer.error(), std::move(result), *path, [&](const Manifest* now) -> std::optional<bool> {
        if (now == nullptr || now->uid != found->object.uid) return std::nullopt;
        if (now->resource_version == found->object.resource_version) return false;
        if (marked_before) return std::nullopt;
        return now->cycle == context.cycle_id;
    });
}

WriteResult Writer::evict(const Action& action) {
    if (action.object.kind != "Pod") return not_applied(error(Code::InvalidArgument, "only a Pod can be evicted"));
    const auto path = resources_.path_of(action.object);
    if (!path) return not_applied(path.error());
    const auto object = read(*path);
    if (!object) return not_applied(object.error());
    WriteResult result = from_before(*object);
    const auto answer =
        api_.write(Method::Post, *path + "/eviction?" + kManager, kJson,
                   eviction_for(action.object.ns, action.object.name, object->uid, action.grace_period_s), true);
    if (answer) {
        note_after(result, *path);
        return applied(std::move(result), "evicted " + describe(action.object));
    }
    return settle(answer.error(), std::move(result), *path, [&](const Manifest* now) -> std::optional<bool> {
        return now == nullptr || now->uid != object->uid || now->deleting;
    });
}

WriteResult Writer::erase(const Action& action) {
    const auto path = resources_.path_of(action.object);
    if (!path) return not_applied(path.error());
    std::optional<Manifest> first;
    for (int attempt = 1;; ++attempt) {
        const auto object = read(*path);
        if (!object) return not_applied(object.error());
        WriteResult result = from_before(*object);
        if (first && (first->uid != object->uid || first->generation != object->generation))
            return with_failure(std::move(result), error(Code::Conflict, "someone else changed it meanwhile"));
        first = *object;
        const auto answer =
            api_.write(Method::Delete, *path, kJson,
                       delete_options_for(object->uid, object->resource_version, action.grace_period_s), true);
        if (answer) {
            note_after(result, *path);
            return applied(std::move(result), "deleted " + describe(action.object));
        }
        if (is_conflict(answer.error()) && attempt < kConflictsMax) continue;
        return settle(answer.error(), std::move(result), *path, [&](const Manifest* now) -> std::optional<bool> {
            return now == nullptr || now->uid != object->uid || now->deleting;
        });
    }
}

}  // namespace helix::kubernetes
