#pragma once

#include <functional>
#include <string>
#include <vector>

#include "domain/cluster/state.hpp"
#include "domain/gate/gate.hpp"
#include "tests/oracle/model.hpp"

namespace helix::oracle {

/// The same cluster twice: as the oracle's model, and as the state that the gate reads.
struct Scenario {
    Model model;
    cluster::State state;
    std::vector<gate::Request> requests;  ///< one per write of the model
};

inline constexpr cluster::Micros kNow = 1'000'000'000;

/// Tells the gate of `model` the way an API server and its metrics would.
Scenario tell(const Model& model);

gate::Settings settings();

/// Node index of a unit's name.
int node_of(const std::string& unit);

/// Draws a number from [low, high].
using Draw = std::function<int(int, int)>;

/// What a drawn model may contain.
struct Wanted {
    std::vector<WriteKind> first;  ///< kinds of the first write
    int writes = 1;
    bool settled = false;  ///< nothing pending, terminating, missing or unseen, one workload, rollouts without bounds
};

/// A small cluster with writes; about half of them decide at one node's limit or one byte past it.
Model draw_model(const Draw& draw, const Wanted& wanted);

/// Moves the node figures of `model` so that the oracle's highest use of one node is its limit plus `past` bytes.
/// False when that node cannot be placed so.
bool place_at_limit(Model& model, const Explored& explored, int node, std::int64_t past);

/// One line per fact, for a failing case.
std::string describe(const Model& model);

}  // namespace helix::oracle
