#include "domain/proof/smt_text.hpp"

#include "domain/cluster/floor.hpp"

namespace helix::proof {
namespace {

using gate::Coupling;

std::string number(std::int64_t value) {
    if (value >= 0) return std::to_string(value);
    return "(- " + std::to_string(value).substr(1) + ")";  // from the text: the least number has no opposite
}

/// "(+ a b)", "a", or what stands for none.
std::string joined(const char* op, const std::vector<std::string>& parts, const char* none) {
    if (parts.empty()) return none;
    if (parts.size() == 1) return parts.front();
    std::string text = std::string("(") + op;
    for (const std::string& part : parts) text += " " + part;
    return text + ")";
}

std::string sum(const std::vector<std::string>& parts) {
    return joined("+", parts, "0");
}

std::string any(const std::vector<std::string>& parts) {
    return joined("or", parts, "false");
}

std::string times(std::int64_t factor, const std::string& what) {
    return factor == 1 ? what : "(* " + number(factor) + " " + what + ")";
}

std::string symbol(const char* what, std::size_t unit, std::size_t which, std::size_t step) {
    return std::string(what) + "_" + std::to_string(unit) + "_" + std::to_string(which) + "_" + std::to_string(step);
}

/// Pods that stay can only be in the way once; where some may leave, others land before or after that.
std::size_t steps_of(const Unit& unit) {
    return unit.old.empty() ? 1 : 2;
}

/// The text of one unit.
class UnitText {
public:
    UnitText(const Obligation& obligation, std::size_t index, std::string& text)
        : obligation_(obligation), unit_(obligation.units[index]), index_(index), text_(text) {
        for (std::size_t a = 0; a < unit_.most.size(); ++a)
            if (unit_.most[a] > 0) here_.push_back(a);
    }

    void write() {
        text_ += "; unit " + std::to_string(index_) + "\n";
        const bool raised = raises(obligation_, unit_);
        declare_figures(raised);
        std::vector<std::string> broken;
        if (raised) broken.push_back(below_floor("used_" + std::to_string(index_)));
        for (std::size_t step = 1; step <= steps_of(unit_); ++step) {
            declare_step(step);
            let_pods_leave(step);
            let_pods_land(step);
            const std::string use = use_after(step);
            if (raised) {
                broken.push_back(below_floor(use));
                for (const std::size_t a : here_)
                    if (!obligation_.arrivals[a].each) broken.push_back("(> " + landed(a, step) + " 0)");
            } else {
                broken.push_back("(> " + use + " used_" + std::to_string(index_) + ")");
            }
        }
        if (!raised && !relief()) broken.push_back(below_floor("used_" + std::to_string(index_)));
        text_ += "(declare-const " + broken_symbol(index_) + " Bool)\n";
        assert_that("(=> " + broken_symbol(index_) + " " + any(broken) + ")");
    }

private:
    void assert_that(const std::string& formula) { text_ += "(assert " + formula + ")\n"; }

    /// A unit below its floor may be touched by what only lowers it, when relief is granted.
    [[nodiscard]] bool relief() const {
        if (obligation_.effect == gate::EffectKind::Release)
            return obligation_.relief_granted || !unit_.used_known;  // nothing is judged of a unit without figures
        Bytes released = 0;
        for (const OldPod& old : unit_.old) released += old.own ? old.use : 0;
        return obligation_.relief_granted && released > 0;
    }

    void declare_figures(bool raised) {
        const std::string i = std::to_string(index_);
        const auto declare = [&](const std::string& name, const std::string& value) {
            text_ += "(define-fun " + name + " () Int " + value + ")\n";
        };
        if (unit_.used_known || !raised) {
            declare("used_" + i, number(unit_.used));
        } else {
            text_ += "(declare-const used_" + i + " Int)\n";
            assert_that("(>= used_" + i + " 0)");
        }
        if (unit_.floor_known || !raised) {
            declare("share_" + i, number(unit_.floor_share));
        } else {
            text_ += "(declare-const share_" + i + " Int)\n";
            assert_that("(<= " + number(cluster::Floor::kGamma1) + " share_" + i + " " +
                        number(cluster::Floor::kWhole) + ")");
        }
    }

    void declare_step(std::size_t step) {
        for (const std::size_t a : here_) {
            text_ += "(declare-const " + landed(a, step) + " Int)\n";
            assert_that("(<= " + landed(a, step - 1) + " " + landed(a, step) + " " + number(unit_.most[a]) + ")");
        }
        for (std::size_t p = 0; p < unit_.old.size(); ++p) text_ += "(declare-const " + gone(p, step) + " Bool)\n";
    }

    void let_pods_leave(std::size_t step) {
        if (step == 1) return;
        for (std::size_t p = 0; p < unit_.old.size(); ++p)
            assert_that("(=> " + gone(p, step - 1) + " " + gone(p, step) + ")");
    }

    void let_pods_land(std::size_t step) {
        find_room(step, &Amounts::memory);
        find_room(step, &Amounts::cpu_milli);
        find_room(step, &Amounts::pods);
        for (const std::size_t a : here_) {
            const Arrival& arrival = obligation_.arrivals[a];
            if (arrival.coupling == Coupling::Free) continue;
            const std::string lands = "(> " + landed(a, step) + " " + landed(a, step - 1) + ")";
            std::vector<std::string> left;
            for (std::size_t p = 0; p < unit_.old.size(); ++p)
                if (unit_.old[p].arrival == static_cast<int>(a)) left.push_back("(ite " + gone(p, step) + " 0 1)");
            if (arrival.coupling == Coupling::OldFirst) {
                assert_that("(=> " + lands + " (= " + sum(left) + " 0))");
            } else {
                left.push_back(landed(a, step));
                assert_that("(=> " + lands + " (<= " + sum(left) + " " + number(arrival.coupled_total) + "))");
            }
        }
    }

    /// What lands in a step has found room by its end, of every amount that it asks for.
    void find_room(std::size_t step, std::int64_t Amounts::*amount) {
        std::vector<std::string> asked, lands;
        for (const std::size_t a : here_) {
            const std::int64_t each = obligation_.arrivals[a].request.*amount;
            if (each <= 0) continue;
            asked.push_back(times(each, landed(a, step)));
            lands.push_back("(> " + landed(a, step) + " " + landed(a, step - 1) + ")");
        }
        if (asked.empty()) return;
        std::vector<std::string> room = {number(unit_.free.*amount)};
        for (std::size_t p = 0; p < unit_.old.size(); ++p)
            if (const std::int64_t freed = unit_.old[p].request.*amount; freed != 0)
                room.push_back("(ite " + gone(p, step) + " " + number(freed) + " 0)");
        assert_that("(=> " + any(lands) + " (<= " + sum(asked) + " " + sum(room) + "))");
    }

    [[nodiscard]] std::string use_after(std::size_t step) const {
        std::vector<std::string> parts = {"used_" + std::to_string(index_)};
        for (std::size_t p = 0; p < unit_.old.size(); ++p)
            if (unit_.old[p].use != 0)
                parts.push_back("(ite " + gone(p, step) + " " + number(-unit_.old[p].use) + " 0)");
        for (const std::size_t a : here_)
            if (const Bytes each = obligation_.arrivals[a].each.value_or(0); each != 0)
                parts.push_back(times(each, landed(a, step)));
        return sum(parts);
    }

    /// The floor as docs/gate.md has it, negated.
    [[nodiscard]] std::string below_floor(const std::string& use) const {
        return "(< (* (- " + number(unit_.capacity) + " " + use + ") " + number(cluster::Floor::kWhole) +
               ") (* share_" + std::to_string(index_) + " " + number(unit_.capacity) + "))";
    }

    [[nodiscard]] std::string landed(std::size_t arrival, std::size_t step) const {
        return step == 0 ? "0" : symbol("here", index_, arrival, step);
    }
    [[nodiscard]] std::string gone(std::size_t pod, std::size_t step) const {
        return symbol("gone", index_, pod, step);
    }

    const Obligation& obligation_;
    const Unit& unit_;
    const std::size_t index_;
    std::string& text_;
    std::vector<std::size_t> here_;  // arrivals that may land here at all
};

}  // namespace

std::string broken_symbol(std::size_t unit) {
    return "broken_" + std::to_string(unit);
}

std::string landed_symbol(const Obligation& obligation, std::size_t unit, std::size_t arrival) {
    return symbol("here", unit, arrival, steps_of(obligation.units[unit]));
}

std::string smt_text(const Obligation& obligation) {
    std::string text =
        "; Helix Coaster: can this write put a unit that it touches below its floor?\n"
        "; unsat: no, it may run. sat: yes, and the model says how.\n"
        "(set-logic QF_LIA)\n";
    std::vector<std::string> broken;
    for (std::size_t i = 0; i < obligation.units.size(); ++i) {
        UnitText(obligation, i, text).write();
        broken.push_back(broken_symbol(i));
    }
    for (std::size_t a = 0; a < obligation.arrivals.size(); ++a) {
        std::vector<std::string> placed;
        for (std::size_t i = 0; i < obligation.units.size(); ++i)
            if (!obligation.units[i].most.empty() && obligation.units[i].most[a] > 0)
                placed.push_back(landed_symbol(obligation, i, a));
        if (placed.size() < 2) continue;  // one unit's own bound is enough
        text += "(assert (<= " + sum(placed) + " " + number(obligation.arrivals[a].count) + "))\n";
    }
    if (obligation.unmodelled) broken.push_back("true");  // nobody knows what it may set in motion
    text += "(assert " + any(broken) + ")\n(check-sat)\n";
    return text;
}

}  // namespace helix::proof
