#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "domain/gate/certificate.hpp"
#include "tests/domain/cluster_builder.hpp"

namespace helix::testing {

inline ClusterBuilder two_nodes() {
    ClusterBuilder cluster;
    cluster.node("n1", 8 * kGi, 4 * kGi).node("n2", 8 * kGi, 5 * kGi);
    cluster.deployment("web", shape_of(256 * kMi, "web"), 1).pod("web", "web-1", "n1", 200 * kMi);
    return cluster;
}

/// A cluster of a few nodes, some of them below their floor, with a few pods of two Deployments.
inline ClusterBuilder random_cluster() {
    ClusterBuilder cluster;
    const int nodes = *rc::gen::inRange(1, 4);
    for (int i = 0; i < nodes; ++i)
        cluster.node("n" + std::to_string(i), 8 * kGi, *rc::gen::resize(200, rc::gen::inRange(30, 80)) * 100 * kMi,
                     *rc::gen::inRange(2, 12));
    for (const std::string app : {"web", "api"}) {
        const int pods = *rc::gen::inRange(0, 5);
        const auto rollout = *rc::gen::element(Rollout::Rolling, Rollout::OldFirst);
        cluster.deployment(app, shape_of(*rc::gen::inRange(0, 5) * 200 * kMi, app), pods, rollout);
        for (int i = 0; i < pods; ++i) {
            const bool pending = *rc::gen::inRange(0, 6) == 0;
            const std::string node = pending ? "" : "n" + std::to_string(*rc::gen::inRange(0, nodes));
            cluster.pod(app, app + "-" + std::to_string(i), node, pending ? 0 : *rc::gen::inRange(1, 10) * 100 * kMi,
                        *rc::gen::inRange(0, 8) == 0);
        }
    }
    return cluster;
}

/// What the gate says of some write to some small cluster.
inline gate::Verdict random_verdict() {
    const ClusterBuilder cluster = random_cluster();
    const std::string reason = "γ₁ floor: relief";
    std::vector<gate::Request> requests{
        scale("web", *rc::gen::resize(200, rc::gen::inRange(0, 12)), reason),
        on(gate::Verb::Restart, "Deployment", "web", reason),
        on(gate::Verb::Drain, "Node", "n0", reason),
        on(gate::Verb::Uncordon, "Node", "n0", reason),
        on(gate::Verb::Delete, "Deployment", "api", reason),
        on(gate::Verb::Annotate, "Deployment", "api"),
    };
    if (cluster.state.find_pod("shop", "web-0") != kNone)
        requests.push_back(on(gate::Verb::Evict, "Pod", "web-0", reason));
    const auto verdict = gate::judge(cluster.state, {}, *rc::gen::elementOf(requests), settings());
    if (!verdict) RC_FAIL("the gate refused a sound request: " + verdict.error().message);
    return *verdict;
}

/// The figures on which a verdict rests by themselves: none can be changed while the others stay.
inline std::vector<std::int64_t*> decisive_figures(gate::Certificate& certificate) {
    std::vector<std::int64_t*> figures{&certificate.version, &certificate.gamma1, &certificate.scale,
                                       &certificate.worst, &certificate.after_micro_pct};
    for (gate::CertificateUnit& unit : certificate.units) {
        figures.insert(figures.end(), {&unit.limit, &unit.after, &unit.used});
        for (std::size_t i = 0; i < unit.placed.size(); ++i)
            if (certificate.groups[i].each.value_or(0) > 0) figures.push_back(&unit.placed[i]);
    }
    return figures;
}

/// Every 64-bit figure of a certificate.
inline std::vector<std::int64_t*> every_figure(gate::Certificate& certificate) {
    std::vector<std::int64_t*> figures = decisive_figures(certificate);
    const auto add = [&](Amounts& amounts) {
        figures.insert(figures.end(), {&amounts.memory, &amounts.cpu_milli, &amounts.pods});
    };
    figures.push_back(&certificate.units_seen);
    for (gate::JudgedGroup& group : certificate.groups) {
        figures.insert(figures.end(), {&group.count, &group.coupled_total});
        if (group.each) figures.push_back(&*group.each);
        add(group.request);
    }
    for (gate::CertificateUnit& unit : certificate.units) {
        figures.insert(figures.end(), {&unit.capacity, &unit.floor_share, &unit.settled});
        add(unit.free);
        for (std::int64_t& most : unit.most) figures.push_back(&most);
        for (gate::JudgedLeaving& old : unit.leaving) {
            add(old.request);
            figures.push_back(&old.gone);
            for (Bytes& use : old.uses) figures.push_back(&use);
        }
    }
    return figures;
}

using UnitAndGroups = std::pair<gate::CertificateUnit, std::vector<gate::JudgedGroup>>;

/// A unit in small numbers, so that every state can be gone through.
inline UnitAndGroups random_unit() {
    const auto amounts = [] {
        return Amounts{*rc::gen::inRange(0, 4), *rc::gen::inRange(0, 3), *rc::gen::inRange(0, 2)};
    };
    UnitAndGroups made;
    auto& [unit, groups] = made;
    unit.used = *rc::gen::inRange(0, 60);
    unit.free = {*rc::gen::inRange(-2, 9), *rc::gen::inRange(-2, 7), *rc::gen::inRange(0, 6)};
    const int count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) {
        gate::JudgedGroup group;
        group.count = *rc::gen::inRange(0, 4);
        group.each = *rc::gen::inRange(0, 9);
        group.request = amounts();
        group.coupling = *rc::gen::element(gate::Coupling::Free, gate::Coupling::OldFirst, gate::Coupling::OneForOne);
        group.coupled_total = *rc::gen::inRange(0, 4);
        unit.most.push_back(*rc::gen::inRange<std::int64_t>(0, group.count + 1));
        unit.placed.push_back(0);
        groups.push_back(group);
    }
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
        gate::JudgedLeaving old{amounts(), {}, *rc::gen::inRange(-1, count), 0};
        for (int pods = *rc::gen::inRange(0, 4); pods > 0; --pods) old.uses.push_back(*rc::gen::inRange(0, 10));
        std::sort(old.uses.begin(), old.uses.end());
        unit.leaving.push_back(old);
    }
    return made;
}

/// A unit with more states than a handful of steps goes through.
inline UnitAndGroups crowded_unit() {
    UnitAndGroups made;
    auto& [unit, groups] = made;
    unit.free = {7, 100, 100};
    for (const Bytes each : {5, 4, 3}) {
        groups.push_back(
            {"Deployment shop/web", gate::Origin::Own, 4, each, {each - 1, 0, 1}, gate::Coupling::Free, 0});
        unit.most.push_back(4);
        unit.placed.push_back(0);
    }
    return made;
}

/// Whether `placed` pods may stand beside who has left, by the letter of the rules.
inline bool allowed(const gate::CertificateUnit& unit, const std::vector<gate::JudgedGroup>& groups,
                    const std::vector<std::int64_t>& placed, const std::vector<std::int64_t>& gone) {
    Amounts room = unit.free;
    Amounts needed;
    std::vector<std::int64_t> left(groups.size(), 0);
    for (std::size_t i = 0; i < gone.size(); ++i) {
        for (std::int64_t n = 0; n < gone[i]; ++n) room += unit.leaving[i].request;
        if (const int group = unit.leaving[i].group; group >= 0)
            left[static_cast<std::size_t>(group)] += static_cast<std::int64_t>(unit.leaving[i].uses.size()) - gone[i];
    }
    for (std::size_t i = 0; i < placed.size(); ++i) {
        if (placed[i] > 0 && groups[i].coupling == gate::Coupling::OldFirst && left[i] > 0) return false;
        const bool one_for_one = groups[i].coupling == gate::Coupling::OneForOne;
        if (placed[i] > 0 && one_for_one && placed[i] + left[i] > groups[i].coupled_total) return false;
        for (std::int64_t n = 0; n < placed[i]; ++n) needed += groups[i].request;
    }
    return (needed.memory <= 0 || needed.memory <= room.memory) &&
           (needed.cpu_milli <= 0 || needed.cpu_milli <= room.cpu_milli) &&
           (needed.pods <= 0 || needed.pods <= room.pods);
}

/// Counts `digits` up like an odometer whose wheels end at `ends`; false once it is back at the start.
inline bool advance(std::vector<std::int64_t>& digits, const std::vector<std::int64_t>& ends) {
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (digits[i] < ends[i]) return ++digits[i], true;
        digits[i] = 0;
    }
    return false;
}

/// The highest use over every state, each gone through.
inline std::int64_t brute_force(const gate::CertificateUnit& unit, const std::vector<gate::JudgedGroup>& groups) {
    std::vector<std::int64_t> sizes;
    for (const auto& old : unit.leaving) sizes.push_back(static_cast<std::int64_t>(old.uses.size()));
    std::int64_t best = unit.used;
    std::vector<std::int64_t> gone(sizes.size(), 0);
    do {
        std::vector<std::int64_t> placed(groups.size(), 0);
        do {
            if (!allowed(unit, groups, placed, gone)) continue;
            std::int64_t value = unit.used;
            for (std::size_t i = 0; i < gone.size(); ++i)
                for (std::int64_t n = 0; n < gone[i]; ++n) value -= unit.leaving[i].uses[static_cast<std::size_t>(n)];
            for (std::size_t i = 0; i < placed.size(); ++i) value += placed[i] * groups[i].each.value_or(0);
            best = std::max(best, value);
        } while (advance(placed, unit.most));
    } while (advance(gone, sizes));
    return best;
}

}  // namespace helix::testing
