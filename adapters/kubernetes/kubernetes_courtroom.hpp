#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "adapters/kubernetes/api.hpp"
#include "adapters/kubernetes/court_feed.hpp"
#include "service/ports/courtroom.hpp"

namespace helix::kubernetes {

/// The court's part of an API server: what its feed watches, and a few requests of one call each.
///
/// Thread safety: any method from any thread but the channels' own and the sync loop.
class KubernetesCourtroom final : public ports::Courtroom {
public:
    /// @param now_us  wall clock, for the time of Events
    KubernetesCourtroom(CourtFeed& feed, Api& api, std::function<std::int64_t()> now_us)
        : feed_(feed), api_(api), now_us_(std::move(now_us)) {}

    [[nodiscard]] trial::Standing trials_standing() const override { return feed_.trials_standing(); }
    [[nodiscard]] std::vector<std::shared_ptr<const trial::Trial>> trials() const override { return feed_.trials(); }
    void follow(const std::set<std::string>& namespaces) override { feed_.follow(namespaces); }
    [[nodiscard]] ports::CourtEvidence evidence(const std::string& ns) const override { return feed_.evidence(ns); }
    [[nodiscard]] std::uint64_t evidence_version(const std::string& ns) const override {
        return feed_.evidence_version(ns);
    }
    Result<ports::LiveSubject> subject(const trial::SubjectRef& subject) override;
    Result<trial::SubjectPod> pod(const std::string& ns, const std::string& name) override;
    Result<cluster::Labels> namespace_labels(const std::string& ns) override;
    Result<bool> approvals_guarded(const trial::Trial& trial) override;
    Result<std::uint64_t> write_status(const trial::Trial& trial, const std::string& status_json) override;
    Result<void> publish_report(const trial::Trial& trial, const std::string& report_json) override;
    Result<void> tell(const trial::Trial& trial, const ports::CourtNotice& notice) override;
    void on_docket_change(std::function<void()> listener) override;

    /// Calls the listeners when the feed has changed since the last time. On the sync loop, after each batch.
    void announce();

private:
    CourtFeed& feed_;
    Api& api_;
    const std::function<std::int64_t()> now_us_;
    std::mutex mutex_;
    std::vector<std::function<void()>> listeners_;
    std::uint64_t announced_ = 0;  // of the sync loop alone
};

}  // namespace helix::kubernetes
