#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "adapters/kubernetes/shelf.hpp"
#include "adapters/kubernetes/watcher.hpp"
#include "service/ports/courtroom.hpp"

namespace helix::kubernetes {

/// Watches the trials and what the gates write, as far as their APIs are served.
///
/// Which APIs there are is told by a watch on the names of CustomResourceDefinitions: one that appears is watched, one
/// that goes is let go of, nothing is asked again and again. Reports are watched only while there is a namespace whose
/// reports are wanted.
///
/// Thread safety: start() on the sync loop; the others from any thread.
class CourtFeed {
public:
    explicit CourtFeed(WatchContext& context);
    ~CourtFeed();
    CourtFeed(const CourtFeed&) = delete;
    CourtFeed& operator=(const CourtFeed&) = delete;

    void start();

    void follow(const std::set<std::string>& namespaces);

    [[nodiscard]] trial::Standing trials_standing() const;
    [[nodiscard]] std::vector<std::shared_ptr<const trial::Trial>> trials() const { return trials_.all(); }
    [[nodiscard]] ports::CourtEvidence evidence(const std::string& ns) const;
    [[nodiscard]] std::uint64_t evidence_version(const std::string& ns) const;
    /// Grows with every change.
    [[nodiscard]] std::uint64_t changes() const;

    /// Takes down how the watches stand, for the others to read. On the sync loop, after each batch.
    void publish();

private:
    struct Api;
    enum class Wanted {
        Always,
        OfFollowed,     ///< what is in the namespaces that are followed
        WhileFollowed,  ///< all, while any namespace is
    };
    /// Tells of definitions by name.
    class Definitions;

    void appeared(const std::string& definition);
    void vanished(const std::string& definition);
    void follow_now(const std::set<std::string>& namespaces);
    template <class T>
    void watch(const std::string& definition, WatchedResource resource, Shelf<T>& shelf, Wanted wanted,
               const std::string& name = {});
    void run(Api& api);
    void changed(const std::string& ns);
    [[nodiscard]] trial::Standing standing_of(const std::string& definition) const;

    WatchContext& context_;
    std::unique_ptr<Definitions> definitions_;
    std::unique_ptr<Watcher> definition_watcher_;
    Shelf<trial::Trial> trials_;
    Shelf<trial::PolicyReport> policy_reports_;
    Shelf<trial::PolicyReport> open_reports_;
    Shelf<trial::ImageReport> image_reports_;
    Shelf<trial::AuditExemption> audit_exemptions_;
    Shelf<trial::ScanSettings> scan_settings_;
    std::map<std::string, std::unique_ptr<Shelf<trial::Constraint>>> constraints_;  // by definition; never shrinks

    // Of the sync loop alone.
    std::map<std::string, std::unique_ptr<Api>> apis_;  // by definition, or a name beside it; never shrinks
    std::set<std::string> served_;
    std::set<std::string> followed_;

    mutable std::mutex mutex_;  // guards what follows, and the maps against those who read them elsewhere
    std::map<std::string, trial::Standing> standings_;  // as apis_, and of other definitions
    std::map<std::string, std::uint64_t> versions_;     // by namespace
    std::uint64_t all_version_ = 0;                     // of what concerns every namespace
    std::uint64_t changes_ = 0;
};

}  // namespace helix::kubernetes
