#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "adapters/simulated/random.hpp"
#include "adapters/simulated/world.hpp"
#include "domain/cluster/state.hpp"

namespace helix::simulated {

/// How many faults of each kind have happened: a test asks it whether its seeds reached them.
using FaultCounts = std::map<std::string, std::uint64_t>;

/// Carries the world's events to the mirror, as late, doubled, out of order or lost as the faults say.
///
/// One stream per kind, as real watches are. An event older than what the mirror shows of its object is passed over, so
/// that order and repetition do not matter; a lost watch ends in a relist, as after 410 Gone. Not thread-safe.
class WatchFeed {
public:
    WatchFeed(const SimOptions& options, Random random, FaultCounts& counts);

    void set_faults(const Faults& faults) { options_.faults = faults; }

    /// A change of the world at `now`.
    void take(const Event& event, Micros now);

    /// Time of the next delivery or relist.
    [[nodiscard]] Micros next_due() const;
    /// Brings to `mirror` what is due; true when it changed.
    bool deliver(const World& world, Micros now, cluster::State& mirror);
    /// Lists everything anew.
    void relist(const World& world, cluster::State& mirror);

    /// Whether the mirror shows the object at this version or a later one; "" asks whether it is gone.
    [[nodiscard]] bool shows(const Key& key, const std::string& resource_version, const std::string& uid) const;
    /// Whether no watch is lost at the moment.
    [[nodiscard]] bool synced() const { return lost_.empty(); }
    /// Whether the mirror has all that the world has said so far.
    [[nodiscard]] bool drained() const { return queue_.empty() && lost_.empty(); }
    [[nodiscard]] std::uint64_t events_total() const { return events_total_; }
    [[nodiscard]] std::uint64_t relists_total() const { return relists_total_; }

private:
    struct Seen {
        std::int64_t resource_version = 0;
        std::string uid;
        bool gone = false;
    };

    bool apply(const Event& event, cluster::State& mirror);
    void relist_kind(const World& world, const std::string& kind, cluster::State& mirror);
    void forget_the_gone();
    [[nodiscard]] std::int64_t floor_of(const std::string& kind) const;
    [[nodiscard]] Micros late();

    SimOptions options_;
    Random random_;
    FaultCounts& counts_;
    std::map<std::pair<Micros, std::uint64_t>, Event> queue_;
    std::uint64_t sequence_ = 0;
    std::map<std::string, Micros> not_before_;     ///< per kind: a stream delivers in order
    std::map<std::string, Micros> lost_;           ///< kinds whose watch is lost, and when they are listed again
    std::map<std::string, std::int64_t> floor_;    ///< per kind: everything up to here has been delivered
    std::map<std::string, std::int64_t> highest_;  ///< per kind: newest version delivered
    std::map<Key, Seen> seen_;
    std::size_t gone_count_ = 0;
    std::uint64_t events_total_ = 0;
    std::uint64_t relists_total_ = 0;
};

/// What a metrics scrape brings to the mirror.
class Scraper {
public:
    Scraper(const SimOptions& options, Random random, FaultCounts& counts)
        : faults_(options.faults), random_(random), counts_(counts) {}

    void set_faults(const Faults& faults) { faults_ = faults; }

    /// Reads every node and running pod at `now`; false when the scrape failed as a whole.
    bool scrape(const World& world, Micros now, cluster::State& mirror);

private:
    bool happens(int chance, const char* fault);

    Faults faults_;
    Random random_;
    FaultCounts& counts_;
    std::unordered_map<std::string, cluster::Usage> last_;  ///< per node
};

/// Whether the mirror keeps objects of this kind.
bool is_mirrored(std::string_view kind);

}  // namespace helix::simulated
