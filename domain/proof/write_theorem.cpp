#include "domain/proof/write_theorem.hpp"

#include <algorithm>

#include "domain/proof/lean_text.hpp"

namespace helix::proof {
namespace {

using gate::Certificate;
using gate::CertificateUnit;
using gate::Why;

Unit unit_of(const CertificateUnit& certified, gate::EffectKind effect, const std::vector<Arrival>& arrivals) {
    Unit unit;
    unit.name = certified.unit;
    unit.capacity = certified.capacity;
    unit.floor_share = certified.floor_share;
    unit.floor_known = certified.why != Why::UnreadableFloor;
    unit.used = certified.used;
    unit.used_known = certified.why != Why::StaleMetrics;
    if (certified.why == Why::UnknownMemory)  // of a pod to come, or of one that the figure does not show
        unit.used_known = std::any_of(arrivals.begin(), arrivals.end(), [](const Arrival& one) { return !one.each; });
    unit.free = certified.free;
    unit.changed = true;
    unit.most = certified.most;
    for (const gate::JudgedLeaving& leaving : certified.leaving)
        for (const Bytes use : leaving.uses) unit.old.push_back({leaving.request, use, leaving.group, true});
    if (effect == gate::EffectKind::Release)  // who leaves is up to the controller; this much certainly goes
        unit.old.push_back({{}, certified.used - certified.settled, -1, true});
    return unit;
}

constexpr const char* kKept = R"(
/-- Every unit that the write could raise keeps its floor in every state that can be reached. -/
theorem kept {n : Node} (touched : In n write.nodes) (raised : raises n = true) {s : State} (reached : Reach n s) :
    Keeps n s := gate_sound verdict touched raised reached

#print axioms kept
)";

}  // namespace

Obligation obligation_of(const Certificate& certificate) {
    Obligation made;
    made.effect = certificate.effect;
    made.unmodelled = certificate.why == Why::Unmodelled;
    made.state_version = certificate.state_version;
    for (const gate::JudgedGroup& group : certificate.groups)
        made.arrivals.push_back(
            {group.owner, group.request, group.each, group.count, group.coupling, group.coupled_total, true});
    for (const CertificateUnit& unit : certificate.units) {
        made.relief_granted = made.relief_granted || unit.why == Why::Relief;
        made.units.push_back(unit_of(unit, made.effect, made.arrivals));
    }
    return made;
}

Result<std::string> theorem_of(const Certificate& certificate, std::string_view package) {
    for (const CertificateUnit& unit : certificate.units)
        if (!certificate.passed && !unit.exact)
            return error(Code::Unimplemented, "the verdict on " + unit.unit + " rests on an upper bound",
                         "such a BREAK has no theorem: more may be safe than was shown", unit.unit);
    auto term = lean_term(obligation_of(certificate));
    if (!term) return term;
    const std::string passed = certificate.passed ? "true" : "false";
    std::string text(package);
    text += "\nset_option maxRecDepth 1000000\n\nnamespace Helix.ThisWrite\n\n";
    text += "/-- The write as its certificate has it. -/\ndef write : Write := " + *term + "\n\n";
    text += "/-- The verdict: the decision procedure, computed by the kernel on these integers. -/\n";
    text += "theorem verdict : gate write = " + passed + " := rfl\n";
    text += certificate.passed ? kKept : "\n#print axioms verdict\n";
    return text + "\nend Helix.ThisWrite\n";
}

}  // namespace helix::proof
