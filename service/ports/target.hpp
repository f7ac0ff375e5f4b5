#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/cluster/state.hpp"
#include "domain/core/result.hpp"
#include "domain/gate/action.hpp"

namespace helix::ports {

class Courtroom;

/// Something about a target that an auditor must be able to find: it is recorded each time it begins.
struct Alarm {
    std::string kind;    ///< of the record: "silo.host_key"
    std::string detail;  ///< one sentence

    friend bool operator==(const Alarm&, const Alarm&) = default;
};

/// How fresh a target's mirror is.
struct Freshness {
    bool synced = false;             ///< every list has been read once and every watch stands
    std::int64_t last_event_us = 0;  ///< wall clock of the newest sign of life (event or bookmark)
    std::int64_t last_metrics_us = 0;
    std::string problem;  ///< why it is not fresh; empty when it is
    std::optional<Alarm> alarm = {};
};

/// Figures of the connections towards a target.
struct ConnectionFigures {
    std::uint64_t opened_total = 0;
    std::uint64_t open = 0;
    std::uint64_t requests_total = 0;
    std::uint64_t relists_total = 0;
    std::uint64_t watch_events_total = 0;
};

/// How a write is marked and who may still send it.
struct WriteContext {
    std::string mark;   ///< names one step of one cycle; stays on the object as its annotation
    std::string actor;  ///< who asked
    /// Asked right before a request is sent; false: the right to write was lost meanwhile, nothing is sent.
    std::function<bool()> allowed = [] { return true; };
};

/// What a write finds before it: recorded with its intent, so that whoever comes after a crash can tell what became of
/// the write.
struct Before {
    bool exists = false;
    std::string uid;
    std::string resource_version;
    std::int64_t generation = 0;           ///< grows when what is asked of the object changes
    std::string mark;                      ///< of the last write of ours
    std::optional<std::int64_t> replicas;  ///< where the object has such a number
    bool version_decides = false;          ///< a verdict is about this very version: every change of it matters
};

enum class Outcome {
    Applied,     ///< the target said so
    NotApplied,  ///< the target refused, or the request never left
    Partly,      ///< of a verb with several steps some were done, and the target refused the rest
    Unknown,     ///< the connection died and reading back did not tell
};

std::string_view to_string(Outcome outcome);

/// What became of one write.
struct WriteResult {
    Outcome outcome = Outcome::Unknown;
    std::string detail;                   ///< "scaled 2 -> 5", or why not
    std::string resource_version_before;  ///< empty when the object was not there
    std::string resource_version_after;   ///< empty when the object is gone
    std::string uid;
    std::optional<Error> failure;  ///< set unless applied
};

/// The watermark score of one workload, in millionths: 0 at or below low, 1,000,000 at or above high.
struct WpaScore {
    std::string ns;
    std::string kind;
    std::string name;
    std::int64_t score_ppm = 0;
    bool proxy = true;  ///< from memory use, because no WatermarkPodAutoscaler names the workload
};

/// A cluster or Docker host that the helix writes to.
///
/// Thread safety: any method from any thread; writes to one target come from one thread at a time.
class Target {
public:
    virtual ~Target() = default;

    [[nodiscard]] virtual const std::string& name() const = 0;
    /// "kubernetes", "simulated", "docker".
    [[nodiscard]] virtual std::string_view kind() const = 0;
    /// Where it is, for people: a server URL; never a secret.
    [[nodiscard]] virtual std::string address() const = 0;

    /// Calls `reader` with a consistent state that does not change meanwhile. Keep it short: events wait.
    virtual void read(const std::function<void(const cluster::State&)>& reader) const = 0;
    [[nodiscard]] virtual Freshness freshness() const = 0;
    [[nodiscard]] virtual ConnectionFigures connections() const = 0;

    /// Asks the target what the object would be after `action`, writing nothing.
    /// Errors: NotFound, InvalidArgument (the target refuses the manifest), PermissionDenied, Unavailable.
    virtual Result<gate::Preview> preview(const gate::Action& action) = 0;

    /// The action's object as it stands; that it is not there is an answer.
    /// Errors: InvalidArgument, PermissionDenied, Unavailable.
    virtual Result<Before> look(const gate::Action& action) = 0;

    /// Carries out `action` on the very object that `before` saw. Never sent twice: a write whose answer was lost is
    /// read back. Another object of that name by now, or other replicas: a conflict, nothing was written.
    virtual WriteResult write(const gate::Action& action, const Before& before, const WriteContext& context) = 0;

    /// `look` and `write`.
    WriteResult write(const gate::Action& action, const WriteContext& context);

    /// What became of a write that somebody was about to send, or had sent, before he died: the live object tells.
    /// Applied, NotApplied, or Unknown when it does not tell or cannot be read. Nothing is written.
    virtual WriteResult read_back(const gate::Action& action, const Before& before, const WriteContext& context) = 0;

    /// Waits until the mirror shows `resource_version` of the object, or `timeout_ms` has passed; true when it does.
    virtual bool await_visible(const gate::Action& action, const WriteResult& result, int timeout_ms) = 0;

    /// WatermarkPodAutoscaler scores, as far as that API is served.
    [[nodiscard]] virtual std::vector<WpaScore> wpa_scores() const = 0;

    /// Where trials are held on this target; nullptr: they cannot be.
    virtual Courtroom* courtroom() { return nullptr; }

    /// Calls `listener` after events have changed the state (coalesced; from the target's own thread; must not block).
    virtual void on_change(std::function<void()> listener) = 0;
};

}  // namespace helix::ports
