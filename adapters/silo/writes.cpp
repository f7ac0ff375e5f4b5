#include "adapters/silo/writes.hpp"

#include <algorithm>
#include <thread>

#include "adapters/docker/manifest.hpp"
#include "service/ports/fault_point.hpp"

namespace helix::silo {
namespace {

using docker::Container;
using gate::Action;
using gate::Verb;
using ports::Before;
using ports::Outcome;
using ports::WriteContext;
using ports::WriteResult;

constexpr std::chrono::milliseconds kLookAgain{250};
/// Recovery takes "not done" for an answer this long after the intent, not before (recovery_grace_s).
constexpr std::int64_t kGraceTold_s = 25;
constexpr std::int64_t kGraceMost_s = 60;

/// When docker has never started a container it says so by the year 1.
constexpr const char* kNever = "0001-";

WriteResult not_applied(Error failure) {
    WriteResult result;
    result.outcome = Outcome::NotApplied;
    result.detail = failure.message;
    result.failure = std::move(failure);
    return result;
}

WriteResult unknown(std::string detail, std::string mend) {
    WriteResult result;
    result.detail = detail;
    result.failure = error(Code::UnknownOutcome, std::move(detail), std::move(mend));
    return result;
}

WriteResult applied(std::string detail, const Before& before, const Container* after) {
    WriteResult result;
    result.outcome = Outcome::Applied;
    result.detail = std::move(detail);
    result.resource_version_before = before.resource_version;
    if (after != nullptr) result.resource_version_after = after->version();
    result.uid = after != nullptr ? after->id : before.uid;
    return result;
}

std::int64_t grace_of(const Action& action) {
    const bool stops = action.verb == Verb::Stop || action.verb == Verb::Restart;
    return stops ? action.grace_period_s.value_or(docker::kGraceUsual_s) : 0;
}

const char* done_words(Verb verb) {
    switch (verb) {
        case Verb::Create:
            return "made and started";
        case Verb::Start:
            return "started";
        case Verb::Restart:
            return "restarted";
        case Verb::SetResources:
            return "memory limit changed";
        case Verb::Stop:
            return "stopped";
        default:
            return "removed";
    }
}

/// Whether the container is as the action wants it. It cannot tell who made it so.
bool as_wanted(const Action& action, const Container& now) {
    switch (action.verb) {
        case Verb::Start:
        case Verb::Restart:
            return now.running;
        case Verb::Stop:
            return !now.running && !now.restarting;
        case Verb::SetResources: {
            const auto wanted = docker::read_memory_limit(action.body);
            return wanted && now.memory_limit == *wanted;
        }
        default:
            return false;
    }
}

}  // namespace

Result<void> Writes::check(const Action& action) {
    if (action.object.kind != "Container")
        return error(Code::InvalidArgument, "a Docker host runs containers, no " + action.object.kind,
                     "write it like container/cart", describe(action.object));
    if (!action.object.ns.empty())
        return error(Code::InvalidArgument, "a container has no namespace", "leave it out", describe(action.object));
    if (action.grace_period_s.value_or(0) > kGraceMost_s)
        return error(Code::InvalidArgument, "a container's grace period is at most 60 s: its host takes no other write",
                     "stop it with less", describe(action.object));
    if (!docker::is_container_name(action.object.name))
        return error(Code::InvalidArgument, "\"" + action.object.name + "\" is not a container's name",
                     "letters, digits, \"_\", \".\", \"-\"; at least two", describe(action.object));
    switch (action.verb) {
        case Verb::Create:
        case Verb::Start:
        case Verb::Restart:
        case Verb::SetResources:
        case Verb::Stop:
        case Verb::Delete:
            return {};
        default:
            return error(Code::InvalidArgument,
                         std::string(to_string(action.verb)) + " is nothing that a container can be asked for",
                         "create, start, restart, set-resources, stop or delete it", describe(action.object));
    }
}

Result<Before> Writes::look(const Action& action) {
    if (auto checked = check(action); !checked) return checked.error();
    const auto now = engine_.inspect(action.object.name);
    if (!now && now.error().code != Code::NotFound) return now.error();
    Before before;
    before.version_decides = true;  // whether it runs, and its limit
    if (!now) return before;
    before.exists = true;
    before.uid = now->id;
    before.resource_version = now->version();
    before.mark = now->label(docker::kMarkLabel);
    return before;
}

Result<void> Writes::perform(const Action& action, const std::string& id) {
    switch (action.verb) {
        case Verb::Start:
            return engine_.start(id);
        case Verb::Restart:
            return engine_.restart(id, action.grace_period_s);
        case Verb::Stop:
            return engine_.stop(id, action.grace_period_s);
        case Verb::Delete:
            return engine_.remove(id);
        case Verb::SetResources: {
            const auto memory = docker::read_memory_limit(action.body);
            if (!memory) return memory.error();
            return engine_.set_memory(id, *memory);
        }
        default:
            return error(Code::Internal, "a verb that was checked before");
    }
}

/// Looks again and again until it tells, the time is over, or the service ends; whether it told.
bool Writes::look_until(std::chrono::milliseconds most, const std::function<bool()>& tells) const {
    const auto until = std::chrono::steady_clock::now() + most;
    while (!tells()) {
        if (stopping_ || std::chrono::steady_clock::now() >= until) return false;
        std::this_thread::sleep_for(kLookAgain);
    }
    return true;
}

/// The answer was lost: the container is read back until it shows the write, or the engine can no longer be at it.
WriteResult Writes::settle(const Error& failure, const Action& action, const Before& before,
                           const WriteContext& context) {
    WriteResult result;
    const auto tells = [&] {
        result = look_back(action, before, context);
        return result.outcome == Outcome::Applied;
    };
    const bool shown = look_until(read_back_time_ + std::chrono::seconds(grace_of(action)), tells);
    if (shown) result.detail = "the answer was lost; " + result.detail;
    if (!shown) result.detail = "the answer was lost (" + failure.message + "); " + result.detail;
    if (stopping_ && result.outcome == Outcome::NotApplied)
        return unknown(result.detail + ", so far", "look at the container");
    return result;
}

/// The id of the container that a create whose answer was lost has made.
/// Errors: Unavailable when none was made, UnknownOutcome when that cannot be told.
Result<std::string> Writes::find_made(const Error& failure, const Action& action, const std::string& mark) {
    Result<Container> now = failure;
    const bool made = look_until(read_back_time_, [&] {
        now = engine_.inspect(action.object.name);
        return now && now->label(docker::kMarkLabel) == mark;
    });
    if (made) return now->id;
    const bool told = !stopping_ && (now || now.error().code == Code::NotFound);
    return error(told ? Code::Unavailable : Code::UnknownOutcome,
                 "the answer was lost (" + failure.message + "); reading back " +
                     (told ? "shows that nothing was made" : "does not tell whether it was made"),
                 told ? "try again" : "look at the container");
}

/// Made and started, or neither: what cannot be started is removed again.
WriteResult Writes::create(const Action& action, const WriteContext& context) {
    const auto manifest = docker::read_manifest(action.body);
    if (!manifest) return not_applied(manifest.error());
    auto made = engine_.create(manifest->name, docker::create_body(*manifest, {{docker::kMarkLabel, context.mark},
                                                                               {docker::kActorLabel, context.actor}}));
    if (!made && made.error().code == Code::UnknownOutcome) made = find_made(made.error(), action, context.mark);
    if (!made && made.error().code == Code::UnknownOutcome) return unknown(made.error().message, made.error().mend);
    if (!made) return not_applied(made.error());
    ports::fault_point("silo.created");
    if (!context.allowed())
        return unknown("made, not started: another process has taken over", "start the container, or remove it");
    const auto started = engine_.start(*made);
    if (started) {
        const auto now = engine_.inspect(*made);
        WriteResult result = applied(done_words(action.verb), {}, now ? &*now : nullptr);
        result.uid = *made;
        return result;
    }
    if (started.error().code == Code::UnknownOutcome) return settle(started.error(), action, {}, context);
    if (engine_.remove(*made)) {
        Error failure = started.error();
        failure.message += "; the container made for it was removed again";
        return not_applied(std::move(failure));
    }
    return unknown("made, not started: " + started.error().message, "start the container, or remove it");
}

WriteResult Writes::write(const Action& action, const Before& before, const WriteContext& context) {
    if (auto checked = check(action); !checked) return not_applied(checked.error());
    if (!context.allowed())
        return not_applied(error(Code::Unavailable, "another process has taken over; nothing was sent"));
    if (action.verb == Verb::Create) {
        if (before.exists)
            return not_applied(error(Code::AlreadyExists, describe(action.object) + " is there already",
                                     "delete it first, or choose another name", describe(action.object)));
        return create(action, context);
    }
    if (!before.exists)
        return not_applied(error(Code::NotFound, describe(action.object) + " is not there", "see docker ps -a",
                                 describe(action.object)));
    const auto done = perform(action, before.uid);
    if (!done && done.error().code == Code::UnknownOutcome) return settle(done.error(), action, before, context);
    if (!done && done.error().code != Code::Unavailable) return not_applied(done.error());
    WriteResult result = look_back(action, before, context);
    if (!done) {  // a failure on the way, like a restart that has stopped it and cannot start it
        if (result.outcome == Outcome::NotApplied) return not_applied(done.error());
        result.detail = done.error().message + "; " + result.detail;
        return result;
    }
    if (result.outcome != Outcome::Applied)  // it was done; something else happened right after it
        return applied(std::string(done_words(action.verb)) + "; changed again since", before, nullptr);
    if (result.resource_version_after != before.resource_version) result.detail = done_words(action.verb);
    return result;
}

WriteResult Writes::look_back(const Action& action, const Before& before, const WriteContext& context) {
    return judge(action, before, context.mark, engine_.inspect(before.exists ? before.uid : action.object.name));
}

WriteResult Writes::read_back(const Action& action, const Before& before, const WriteContext& context) {
    WriteResult result = look_back(action, before, context);
    if (result.outcome == Outcome::NotApplied && grace_of(action) > kGraceTold_s)
        return unknown("read back: not done, and its grace period may be running still", "look at the container");
    return result;
}

WriteResult Writes::judge(const Action& action, const Before& before, const std::string& mark,
                          const Result<Container>& now) {
    if (!now && now.error().code != Code::NotFound)
        return unknown("the answer was lost, and reading back failed too: " + now.error().message,
                       "look at the container before doing anything else");
    if (action.verb == Verb::Create) {
        if (!now || now->label(docker::kMarkLabel) != mark)
            return not_applied(error(Code::Unavailable, "read back: not made", "try again"));
        if (now->started_at.empty() || now->started_at.starts_with(kNever))
            return unknown("read back: made, not started", "start the container, or remove it");
        return applied(done_words(action.verb), before, &*now);
    }
    if (!now)
        return action.verb == Verb::Delete ? applied(done_words(action.verb), before, nullptr)
                                           : unknown("read back: the container is gone", "see who removed it");
    if (now->version() != before.resource_version && as_wanted(action, *now))
        return applied(std::string("read back: ") + done_words(action.verb), before, &*now);
    if (now->version() == before.resource_version) {
        // Asked for what was so already, like a stop of what does not run: done, and nothing moved.
        const bool moot = action.verb != Verb::Restart && as_wanted(action, *now);
        if (moot) return applied("it was so already", before, &*now);
        return not_applied(error(Code::Unavailable, "read back: not done", "try again"));
    }
    return unknown("read back: the container does not tell", "look at the container");
}

}  // namespace helix::silo
