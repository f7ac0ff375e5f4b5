#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "adapters/backoff/backoff.hpp"
#include "adapters/kube_objects/objects.hpp"
#include "domain/core/result.hpp"

namespace helix::kubernetes {

using Instant = std::chrono::steady_clock::time_point;

struct ReflectorOptions {
    std::chrono::milliseconds silence_max{80'000};    ///< bookmarks come every minute; longer silence is a dead watch
    std::chrono::milliseconds short_watch{5'000};     ///< a watch that ended sooner counts as a failure
    std::chrono::milliseconds absent_pause{600'000};  ///< how soon to ask again for an API that is not served
    bool may_be_absent = false;     ///< 404 and 403 mean that the API is not served here; else they are failures
    int fruitless_watches_max = 3;  ///< watches that failed without one event before a list is read again
};

/// List, then watch: what to do next, given what came. One reflector per resource; no network, no clock, no thread.
///
///     Listing --last page--> Watching --410--> Listing
///        |                      |
///        +----failure-----> Pausing --time--> Listing, or Watching from the last version seen
///
/// Guarantees: after `finish_list` the copy held every object of one moment; every later event is handed on once, in
/// order; a version seen before is not handed on again; after a 410 there is one list; a failure is followed by a
/// pause of at least 0.5 s, doubling up to 30 s, until something good comes.
/// Assumption: versions of one resource are whole numbers that grow; where they are not, every event is handed on.
class Reflector {
public:
    enum class Phase { Listing, Watching, Pausing };
    enum class Do {
        Nothing,
        FetchPage,  ///< ask for the page at continue_token(), from the start when that is empty
        OpenWatch,  ///< watch from resource_version()
        Abandon,    ///< give the open request up; ended() follows
    };
    struct Step {
        Do what = Do::Nothing;
        bool begin_list = false;   ///< before anything else: a list starts from its beginning
        bool finish_list = false;  ///< after the page's objects: the list is whole
        bool apply = false;        ///< the event's object is new
    };

    /// @param random  draws uniformly from [0, 1); jitter of the pauses
    Reflector(ReflectorOptions options, std::function<double()> random);

    Step start(Instant now);
    /// A page was read and its objects handed on.
    Step page(const kube_objects::ListPage& page, Instant now);
    Step event(const kube_objects::WatchEvent& event, Instant now);
    /// The page could not be had, or the watch has ended; no error: it ended in good order.
    Step ended(const std::optional<Error>& failure, Instant now);
    /// Time has passed; call it no later than wake_at().
    Step tick(Instant now);

    [[nodiscard]] Phase phase() const { return phase_; }
    [[nodiscard]] Instant wake_at() const { return wake_at_; }
    [[nodiscard]] const std::string& resource_version() const { return resource_version_; }
    [[nodiscard]] const std::string& continue_token() const { return continue_token_; }
    /// Every list since the first one.
    [[nodiscard]] std::uint64_t relists() const { return lists_ == 0 ? 0 : lists_ - 1; }
    [[nodiscard]] bool listed() const { return listed_; }
    [[nodiscard]] bool absent() const { return absent_; }
    /// What went wrong last; none when all is well.
    [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }

private:
    Step list_from_start(Instant now);
    Step watch(Instant now);
    Step pause(Instant now, const Error& failure);
    Step gone(Instant now, const Error& failure);
    void good(Instant now);

    ReflectorOptions options_;
    backoff::Backoff backoff_;
    Phase phase_ = Phase::Listing;
    Instant wake_at_{};
    Instant opened_at_{};
    std::string resource_version_;
    std::string continue_token_;
    std::optional<Error> problem_;
    std::uint64_t lists_ = 0;
    int fruitless_watches_ = 0;
    bool listed_ = false;
    bool must_list_ = true;
    bool was_gone_ = false;  ///< a 410 came and nothing good since
    bool fruitful_ = false;  ///< the open watch has brought something
    bool absent_ = false;
};

/// The order of two resource versions: less, equal or greater than 0; none when they cannot be compared.
std::optional<int> compare_versions(const std::string& a, const std::string& b);

}  // namespace helix::kubernetes
