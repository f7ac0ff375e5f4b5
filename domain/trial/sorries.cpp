#include <algorithm>

#include "domain/trial/words.hpp"

/// What could be mended. Each gain is found by weighing the case again with that one thing mended, so that the bonus of
/// a gate that becomes clean, and warmth hidden by the clamp, come out as they will be.
namespace helix::trial {
namespace {

class Explanation {
public:
    Explanation(const Case& input, const Counted& counted, const Weighed& weighed)
        : input_(input), counted_(counted), weighed_(weighed), law_(law_of(input.layer)) {}

    std::vector<Sorry> all() {
        for (const Charge& charge : charges_of(input_)) add_defect(charge);
        for (const Gate gate : kGates)  // not as they testified: the order of evidence changes no verdict
            for (const Testimony& testimony : input_.testimonies)
                if (testimony.gate == gate) add_weightless(testimony);
        for (const Gate gate : kGates)
            if (weighed_.waiting_for.has(gate)) add_waiting(gate);
        add_subject();
        add_layer();
        return in_order();
    }

private:
    struct Ranked {
        bool denies = false;
        Sorry sorry;
    };

    void add(Sorry sorry, const Counted& mended, bool denies) {
        const Weighed after = weigh(mended);
        sorry.gives_back = after.warmth - weighed_.warmth;
        sorry.gives_back_raw = after.raw - weighed_.raw;
        ranked_.push_back({denies, std::move(sorry)});
    }

    void add_defect(const Charge& charge) {
        const Grade grade = charge.defect->grade;
        if (weight_of(grade) == 0) return;
        Counted mended = counted_;
        --mended.defects[static_cast<std::size_t>(grade)];
        if (charge.testimony->defects.size() == 1 && has_testified(charge.testimony->state))
            mended.clean.add(charge.testimony->gate);
        const bool denies = law_.denies.has(grade);
        std::string why = "It costs " + to_decimal(-weight_of(grade));
        if (denies) why += " and denies whatever the warmth";
        if (!denies && grade == Grade::FalcoMedium) why += " and allows no more than WATCH";
        std::string what = cause_of(charge.testimony->gate, *charge.defect);
        if (!charge.defect->message.empty()) what += ": " + charge.defect->message;
        add({std::move(what), std::move(why), mend_of(grade), 0, 0}, mended, denies);
    }

    /// A gate on whose account nothing is left but findings without weight: they cost its bonus together.
    void add_weightless(const Testimony& testimony) {
        if (testimony.defects.empty() || !has_testified(testimony.state)) return;
        for (const Defect& defect : testimony.defects)
            if (weight_of(defect.grade) != 0) return;
        Counted mended = counted_;
        for (const Defect& defect : testimony.defects) --mended.defects[static_cast<std::size_t>(defect.grade)];
        mended.clean.add(testimony.gate);
        const std::string name{to_string(testimony.gate)};
        add({name + " has findings without weight: " + std::to_string(testimony.defects.size()),
             "They cost nothing, but a gate with findings earns no bonus", "Mend them, and withdraw the exceptions", 0,
             0},
            mended, false);
    }

    void add_waiting(Gate gate) {
        const auto found = std::find_if(input_.testimonies.begin(), input_.testimonies.end(),
                                        [&](const Testimony& one) { return one.gate == gate; });
        const bool heard = found != input_.testimonies.end();
        Counted mended = counted_;
        mended.testified.add(gate);
        if (!heard || found->defects.empty()) mended.clean.add(gate);
        const EvidenceState state = heard ? found->state : EvidenceState::Pending;
        std::string what{to_string(gate)};
        what += " has not testified: ";
        what += to_string(state);
        if (heard && !found->why.empty()) what += " (" + found->why + ")";
        std::string why = "A gate that has not testified earns no bonus";
        if (!input_.tolerate) why += ", and there is no ADMIT without it";
        std::string mend = mend_of(state);
        if (!input_.gates.has(gate)) mend = "The layer requires this gate: name it in spec.gates";
        add({std::move(what), std::move(why), std::move(mend), 0, 0}, mended, false);
    }

    void add_subject() {
        if (counted_.unlimited) {
            Counted mended = counted_;
            mended.unlimited = false;
            std::string why = "It costs " + to_decimal(-kUnlimitedWeight);
            if (weighed_.limits_deny) why += " and denies whatever the warmth";
            if (weighed_.caps.has(Cap::Unlimited) && !weighed_.limits_deny) why += ", and there is no ADMIT above L2";
            add({"no resource limits: " + joined(input_.unlimited), std::move(why),
                 "Give every container limits of memory and CPU", 0, 0},
                mended, weighed_.limits_deny);
        }
        if (weighed_.caps.has(Cap::WithoutDigest))
            add({"images not named by digest: " + joined(input_.without_digest),
                 "A tag can be moved: above L3 every image is named by its digest",
                 "Write image@sha256:... for every container", 0, 0},
                counted_, false);
        if (weighed_.caps.has(Cap::SubjectMissing))
            add({"the subject is not there", "Nobody is admitted in absence", "Create it, or name another subject", 0,
                 0},
                counted_, false);
    }

    void add_layer() {
        if (weighed_.closed)
            add({std::string(to_string(input_.layer)) + " is closed", "It admits nothing, whatever the warmth",
                 "Choose another layer", 0, 0},
                counted_, true);
        if (weighed_.caps.has(Cap::NotApproved))
            add({"the approval is missing", "The layer asks for one",
                 input_.layer == Layer::L7 ? "Have MEGSCIFIAR approve the trial" : "Have Kay approve the trial", 0, 0},
                counted_, false);
        if (weighed_.caps.has(Cap::FloorTooHigh))
            add({"the floor is " + to_decimal(weighed_.floor), "ADMIT asks for 0.20 above it, and warmth ends at 1.00",
                 "Choose a floor of at most 0.80", 0, 0},
                counted_, false);
    }

    static std::string mend_of(Grade grade) {
        switch (grade) {
            case Grade::FalcoCritical:
            case Grade::FalcoHigh:
            case Grade::FalcoMedium:
            case Grade::FalcoLow:
                return "Find out what the container did there, and roll out a revision that does not";
            case Grade::TrivyCritical:
            case Grade::TrivyHigh:
                return "Roll out an image without this vulnerability";
            default:
                return "Change the workload so that the rule passes, and roll it out";
        }
    }

    static std::string mend_of(EvidenceState state) {
        switch (state) {
            case EvidenceState::NotInstalled:
                return "Install the gate, or take it out of spec.gates";
            case EvidenceState::Unreadable:
                return "Give the service the right to read its reports";
            case EvidenceState::NotCovering:
                return "Give it a rule that covers the subject";
            case EvidenceState::Stale:
                return "See that the gate runs: its reports have grown old";
            case EvidenceState::Partial:
            case EvidenceState::Truncated:
                return "See that the gate sees all of the subject";
            default:
                return "Wait for its report";
        }
    }

    /// Denying ones first, then by what they give back. Of an ADMIT only what would warm it further is said.
    std::vector<Sorry> in_order() {
        std::stable_sort(ranked_.begin(), ranked_.end(), [](const Ranked& a, const Ranked& b) {
            if (a.denies != b.denies) return a.denies;
            return a.sorry.gives_back_raw > b.sorry.gives_back_raw;
        });
        std::vector<Sorry> sorries;
        for (Ranked& one : ranked_)
            if (weighed_.verdict != Verdict::Admit || one.sorry.gives_back > 0) sorries.push_back(std::move(one.sorry));
        return sorries;
    }

    const Case& input_;
    const Counted& counted_;
    const Weighed& weighed_;
    const LayerLaw& law_;
    std::vector<Ranked> ranked_;
};

}  // namespace

std::vector<Sorry> sorries_of(const Case& input, const Counted& counted, const Weighed& weighed) {
    return Explanation(input, counted, weighed).all();
}

}  // namespace helix::trial
