#pragma once

#include <string>
#include <utility>
#include <vector>

#include "service/ports/courtroom.hpp"
#include "service/ports/target.hpp"
#include "service/usecases/answer_once.hpp"
#include "service/usecases/court/case_file.hpp"

namespace helix::court {

/// A group of nodes to which admitted workloads are sent.
struct Pool {
    std::string name;
    cluster::Labels node_selector;
    std::vector<cluster::Toleration> tolerations;
};

/// The pools of the seed: agents, chaospool (spot) and dedicated, by the label `agentpool`.
std::vector<Pool> default_pools();

/// The pool that a layer's workloads run in; empty: none.
std::string_view pool_of(trial::Layer layer);

/// Carries out what an ADMIT asks for, through the helix: the subject's label and annotation, then its way to its pool.
/// Each is a cycle of its own with its own key, so that it is done once, whoever asks how often.
class Promoter {
public:
    Promoter(const ports::Target& target, ports::Courtroom& room, usecases::AnswerOnce& helix, ledger::Sha256 sha256,
             std::vector<Pool> pools)
        : target_(target), room_(room), helix_(helix), sha256_(sha256), pools_(std::move(pools)) {}

    /// Takes the next step, if there is one and its time has come.
    /// @return what is new in the promotion; nothing when nothing has changed
    std::optional<Promotion> advance(const CaseFile& file, Micros now);

private:
    Result<std::string> run(const CaseFile& file, const char* step, std::vector<gate::Action> actions);
    [[nodiscard]] const Pool* pool_here(const CaseFile& file) const;
    Result<std::string> route_patch(const CaseFile& file, const Pool& pool);

    const ports::Target& target_;
    ports::Courtroom& room_;
    usecases::AnswerOnce& helix_;
    const ledger::Sha256 sha256_;
    const std::vector<Pool> pools_;
};

}  // namespace helix::court
