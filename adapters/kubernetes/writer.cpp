#include "adapters/kubernetes/writer.hpp"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "service/ports/fault_point.hpp"

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

WriteResult from_before(const ports::Before& before) {
    WriteResult result;
    result.outcome = Outcome::NotApplied;
    result.resource_version_before = before.resource_version;
    result.uid = before.uid;
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

/// Kinds whose number of replicas is set on the object itself, where the mark goes in with it.
bool keeps_own_replicas(const std::string& kind) {
    return kind == "Deployment" || kind == "StatefulSet" || kind == "ReplicaSet" || kind == "ReplicationController";
}

bool takes_away(Verb verb) {
    return verb == Verb::Evict || verb == Verb::Delete;
}

Error not_there(const Action& action) {
    return error(Code::NotFound, describe(action.object) + " does not exist");
}

}  // namespace

ports::Before before_of(const Manifest& object) {
    return {true, object.uid, object.resource_version, object.generation, object.cycle, object.replicas};
}

WriteResult not_applied(const Error& failure) {
    return with_failure({}, failure);
}

Writer::Writer(Api& api, ResourceMap& resources, WriterOptions options, std::function<std::int64_t()> now_s)
    : api_(api), resources_(resources), options_(options), now_s_(std::move(now_s)) {}

Result<std::string> Writer::path_of(const Action& action) {
    auto path = resources_.path_of(action.object);
    if (path && action.verb == Verb::Scale && !keeps_own_replicas(action.object.kind)) *path += "/scale";
    return path;
}

Result<ports::Before> Writer::look(const Action& action) {
    const auto path = path_of(action);
    if (!path) return path.error();
    const auto object = read(*path);
    if (object) return before_of(*object);
    if (object.error().code == Code::NotFound) return Before{};
    return object.error();
}

WriteResult Writer::write(const Action& action, const Before& before, const Context& context) {
    if (!before.exists && action.verb != Verb::Create && action.verb != Verb::Apply)
        return not_applied(not_there(action));
    switch (action.verb) {
        case Verb::Create:
        case Verb::Apply:
            return apply(action, before, context);
        case Verb::Scale:
            return scale(action, before, context);
        case Verb::Evict:
            return evict(action, before, context);
        case Verb::Drain:
            return drain(action, before, context);
        case Verb::Delete:
            return erase(action, before, context);
        default:
            return patch(action, before, context);
    }
}

Result<Manifest> Writer::read(const std::string& path) {
    auto answer = api_.get(path);
    if (!answer) return answer.error();
    return decoder_.decode_manifest(answer->body);
}

/// Names of the object's containers, where the verb needs them.
Result<std::vector<std::string>> Writer::containers_of(const Action& action, const std::string& path) {
    if (action.verb != Verb::SetImage && action.verb != Verb::SetResources) return std::vector<std::string>{};
    const auto answer = api_.get(path);
    if (!answer) return answer.error();
    return container_names(answer->body);
}

/// Sends a write, once, when it may still be sent.
Result<http2_client::Response> Writer::send(Send one, const Context& context) {
    ports::fault_point("send.before");
    if (!context.allowed())
        return error(Code::Unavailable, "another process has taken over; nothing was sent",
                     "ask the process that holds the lease");
    auto answer =
        api_.write(one.method, one.path, std::move(one.body.content_type), std::move(one.body.body), one.changes);
    ports::fault_point("send.after");
    return answer;
}

/// Sleeps in small steps; false when the writer is being stopped.
bool Writer::sleep_until(std::chrono::steady_clock::time_point when) const {
    while (!stopping_ && std::chrono::steady_clock::now() < when)
        std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(
            std::chrono::milliseconds(100), when - std::chrono::steady_clock::now()));
    return !stopping_;
}

/// Whether the live object shows the write; none: it does not tell. Notes the version that it has now.
/// Errors: those of reading.
Result<std::optional<bool>> Writer::shows(const Action& action, const Before& before, const std::string& mark,
                                          WriteResult& result) {
    const auto path = path_of(action);
    if (!path) return path.error();
    const auto object = read(*path);
    if (!object && object.error().code != Code::NotFound) return object.error();
    result.resource_version_after = object ? object->resource_version : std::string();
    const bool same = object && object->uid == before.uid;
    // Without an object there was nothing to send.
    if (takes_away(action.verb)) return std::optional(before.exists && (!same || object->deleting));
    if (!object) return before.exists ? std::nullopt : std::optional(false);
    if (before.exists && !same) return std::optional<bool>();
    if (path->ends_with("/scale")) {  // takes no mark: the number tells, when nobody else touched it
        if (before.replicas == action.replicas) return std::optional<bool>();
        if (object->replicas == action.replicas) return std::optional(true);
        return object->replicas == before.replicas ? std::optional(false) : std::nullopt;
    }
    if (object->cycle == mark) {
        result.uid = object->uid;
        return std::optional(true);
    }
    // Every write of ours leaves its mark, so the old mark says that none came since.
    return object->cycle == before.mark ? std::optional(false) : std::nullopt;
}

/// The write failed: either it surely did nothing, or the object is read back until it shows the write, or until the
/// server can no longer be at it.
WriteResult Writer::settle(const Error& failure, WriteResult result, const Action& action, const Before& before,
                           const Context& context) {
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
        const auto shown = shows(action, before, context.mark, result);
        if (!shown) continue;
        if (shown->value_or(false))
            return applied(std::move(result), "the answer was lost; reading back shows it applied");
        undone = last_look && shown->has_value();
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

WriteResult Writer::read_back(const Action& action, const Before& before, const Context& context) {
    WriteResult result = from_before(before);
    Action looked_at = action;
    if (action.verb == Verb::Drain) looked_at.verb = Verb::Cordon;
    const auto shown = shows(looked_at, before, context.mark, result);
    if (shown && *shown == false)
        return with_failure(std::move(result),
                            error(Code::Unavailable, "reading back shows that it was not carried out", "ask again"));
    std::string why = shown ? "the object does not tell what became of it" : shown.error().message;
    std::optional<Error> unread;  // set when the target could not be asked: another try may tell
    if (!shown) unread = shown.error();
    if (shown && *shown == true) {
        if (action.verb != Verb::Drain) return applied(std::move(result), "reading back shows it applied");
        const auto pods = pods_of(action.object.name);
        if (!pods) unread = pods.error();
        const bool left =
            !pods || std::any_of(pods->begin(), pods->end(), [](const auto& pod) { return !pod.accepted; });
        if (!left) return applied(std::move(result), "reading back shows the node drained");
        why = "the node is cordoned, but not all of its pods were evicted";
    }
    result.outcome = Outcome::Unknown;
    result.detail = why;
    result.failure =
        error(unread ? unread->code : Code::UnknownOutcome, std::move(why), "look at " + describe(action.object));
    return result;
}

/// The object's version once more, for the receipt; its absence when it is another one by now.
void Writer::note_after(WriteResult& result, const std::string& path) {
    const auto object = read(path);
    if (object && (result.uid.empty() || object->uid == result.uid))
        result.resource_version_after = object->resource_version;
}

WriteResult Writer::scale(const Action& action, Before before, const Context& context) {
    if (!action.replicas || *action.replicas < 0)
        return not_applied(error(Code::InvalidArgument, "scale needs a number of replicas, 0 or more"));
    const auto path = path_of(action);
    if (!path) return not_applied(path.error());
    const bool own = !path->ends_with("/scale");
    const std::int64_t from = before.replicas.value_or(0);
    for (int attempt = 1;; ++attempt) {
        WriteResult result = from_before(before);
        Send one{Method::Patch, *path + "?" + kManager,
                 scale_for(*action.replicas, {own ? context.mark : "", before.uid}, before.resource_version)};
        const auto answer = send(std::move(one), context);
        if (answer) {
            if (const auto after = decoder_.decode_manifest(answer->body))
                result.resource_version_after = after->resource_version;
            return applied(std::move(result),
                           "scaled " + std::to_string(from) + " -> " + std::to_string(*action.replicas));
        }
        if (!is_conflict(answer.error()) || attempt == kConflictsMax)
            return settle(answer.error(), std::move(result), action, before, context);
        // Only its status moved, as long as the number that the caller saw still stands.
        const auto now = read(*path);
        if (!now) return not_applied(now.error());
        if (now->uid != before.uid || now->replicas.value_or(0) != from)
            return with_failure(std::move(result), error(Code::Conflict, "someone else scaled it meanwhile"));
        before = before_of(*now);
    }
}

WriteResult Writer::apply(const Action& action, const Before& before, const Context& context) {
    const auto path = path_of(action);
    if (!path) return not_applied(path.error());
    WriteResult result = from_before(before);
    if (before.exists && action.verb == Verb::Create)
        return with_failure(std::move(result), error(Code::AlreadyExists, describe(action.object) + " exists"));
    auto body = apply_for(action, {context.mark, before.uid});
    if (!body) return not_applied(body.error());
    const auto answer = send({Method::Patch, *path + "?" + kManager + "&force=true", *std::move(body), false}, context);
    if (!answer) return settle(answer.error(), std::move(result), action, before, context);
    if (const auto after = decoder_.decode_manifest(answer->body)) {
        result.resource_version_after = after->resource_version;
        result.uid = after->uid;
    }
    return applied(std::move(result), (before.exists ? "applied " : "created ") + describe(action.object));
}

WriteResult Writer::patch(const Action& action, const Before& before, const Context& context) {
    const auto path = path_of(action);
    if (!path) return not_applied(path.error());
    const auto containers = containers_of(action, *path);
    if (!containers) return not_applied(containers.error());
    WriteResult result = from_before(before);
    auto body = patch_for(action, *containers, {context.mark, before.uid}, now_s_());
    if (!body) return with_failure(std::move(result), body.error());
    const auto answer = send({Method::Patch, *path + "?" + kManager, *std::move(body)}, context);
    if (!answer) return settle(answer.error(), std::move(result), action, before, context);
    if (const auto after = decoder_.decode_manifest(answer->body))
        result.resource_version_after = after->resource_version;
    return applied(std::move(result), done_text(action));
}

WriteResult Writer::evict(const Action& action, const Before& before, const Context& context) {
    if (action.object.kind != "Pod") return not_applied(error(Code::InvalidArgument, "only a Pod can be evicted"));
    const auto path = path_of(action);
    if (!path) return not_applied(path.error());
    WriteResult result = from_before(before);
    Patch body{kJson, eviction_for(action.object.ns, action.object.name, before.uid, action.grace_period_s)};
    const auto answer = send({Method::Post, *path + "/eviction?" + kManager, std::move(body)}, context);
    if (!answer) return settle(answer.error(), std::move(result), action, before, context);
    note_after(result, *path);
    return applied(std::move(result), "evicted " + describe(action.object));
}

WriteResult Writer::erase(const Action& action, Before before, const Context& context) {
    const auto path = path_of(action);
    if (!path) return not_applied(path.error());
    for (int attempt = 1;; ++attempt) {
        WriteResult result = from_before(before);
        Patch body{kJson, delete_options_for(before.uid, before.resource_version, action.grace_period_s)};
        const auto answer = send({Method::Delete, *path, std::move(body)}, context);
        if (answer) {
            note_after(result, *path);
            return applied(std::move(result), "deleted " + describe(action.object));
        }
        if (!is_conflict(answer.error()) || attempt == kConflictsMax)
            return settle(answer.error(), std::move(result), action, before, context);
        const auto now = read(*path);
        if (!now) return not_applied(now.error());
        if (now->uid != before.uid || now->generation != before.generation)
            return with_failure(std::move(result), error(Code::Conflict, "someone else changed it meanwhile"));
        before = before_of(*now);
    }
}

}  // namespace helix::kubernetes
