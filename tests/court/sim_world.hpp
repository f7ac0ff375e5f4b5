#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "domain/cluster/state.hpp"
#include "service/ports/courtroom.hpp"
#include "tests/court/fate.hpp"

namespace helix::testing {

/// A cluster in memory with one Deployment, shop/web, its gates and its trials, in which a day passes in a second.
///
/// It is a fake, because a day of late, lost, doubled and expiring evidence cannot be provoked in real time. Objects
/// are as the API server shows them, step by step: a Deployment has its new template before its ReplicaSet is there.
class SimWorld {
public:
    static constexpr const char* kNs = "shop";
    static constexpr const char* kSubject = "web";
    static constexpr const char* kUid = "uid-web";

    struct Pod {
        std::string name;
        std::string node;
        int revision = 0;
    };

    /// What a gate would find, for as long as the entry stands. Its rule names the revision that it is about.
    struct Flaw {
        trial::Gate gate = trial::Gate::Kyverno;
        std::string rule;
        int revision = 0;
        bool grave = false;  ///< Trivy: critical; Gatekeeper: deny, not warn
    };

    explicit SimWorld(std::uint64_t seed);

    // What happens to the subject.
    void change_template();  ///< the Deployment alone: its ReplicaSet comes by `make_replica_set`
    void make_replica_set();
    void scale(int replicas);
    void replace_pod();
    void roll();  ///< pods of former revisions give way, and missing ones come

    // What the gates do.
    void kyverno_scan();
    void gatekeeper_audit();
    void trivy_scan();
    void trivy_expire();
    void set_falco_ready(const std::string& node, bool ready);

    /// Rules of the current revision that the evidence shows now, beyond doubt.
    [[nodiscard]] std::set<std::string> shown() const;
    /// Of those the ones that deny in every layer.
    [[nodiscard]] std::set<std::string> shown_grave() const;

    /// What conftest says of a template: of one template always the same.
    [[nodiscard]] const std::vector<trial::ManifestFinding>& findings_on(int number);

    void put_trial(const trial::Trial& trial);
    /// The trial has this status now, as the API server tells it.
    void keep_status(const std::string& name, const std::string& status_json);
    void changed() { ++version; }

    JumpingClock clock;
    Fate plan;
    cluster::State state;
    int revision = 0;      ///< of the Deployment's template
    int set_revision = 0;  ///< of its newest ReplicaSet
    std::int64_t generation = 0;
    int replicas = 2;
    Micros set_created_at = 0;
    std::vector<Pod> pods;
    std::vector<Flaw> flaws;

    std::map<std::string, std::shared_ptr<const trial::Trial>> docket;  // by name
    std::map<std::string, std::string> statuses;
    std::map<std::string, std::shared_ptr<const trial::PolicyReport>> policy_reports;
    std::vector<std::shared_ptr<const trial::Constraint>> constraints;
    std::shared_ptr<const trial::ImageReport> image_report;
    trial::Standing kyverno{trial::Standing::Served::Current, {}};
    trial::Standing gatekeeper{trial::Standing::Served::Current, {}};
    trial::Standing trivy{trial::Standing::Served::Current, {}};
    bool garbled = false;  ///< reports come malformed
    std::uint64_t version = 1;
    std::uint64_t status_writes = 0;

    std::map<std::string, std::string> labels;  // and annotations of the subject
    std::string mark;
    int writes = 0;

private:
    void show_deployment();
    void show_set(int number, std::int64_t desired);
    void show_pod(const Pod& pod);
    void remove_pod(std::size_t index);
    void add_pod(int number);
    void report_on(const std::string& kind, const std::string& name, const std::string& uid, int number);
    [[nodiscard]] bool standing(const Flaw& flaw, int number, trial::Gate gate) const {
        return flaw.gate == gate && flaw.revision == number;
    }

    int pods_made_ = 0;
    int versions_ = 0;  ///< of the trials
    std::map<int, std::vector<trial::ManifestFinding>> findings_;
    std::map<int, Micros> sets_;  // revision: created at
    std::map<std::string, bool> falco_;
};

std::string set_name(int revision);
std::string uid_of(const std::string& name);

}  // namespace helix::testing
