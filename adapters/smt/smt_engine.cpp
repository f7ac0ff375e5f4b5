#include "adapters/smt/smt_engine.hpp"

#include <z3++.h>

#include "domain/proof/smt_text.hpp"

namespace helix::smt {
namespace {

using gate::Finding;
using proof::Obligation;

/// What a model says of the obligation's symbols.
class Counterexample {
public:
    Counterexample(z3::context& context, const z3::model& model, const Obligation& obligation)
        : context_(context), model_(model), obligation_(obligation) {}

    /// One sentence about the first unit that it breaks.
    [[nodiscard]] std::string told() const {
        for (std::size_t i = 0; i < obligation_.units.size(); ++i)
            if (model_.eval(context_.bool_const(proof::broken_symbol(i).c_str())).is_true()) return told_of(i);
        return "nobody knows what it may set in motion";
    }

private:
    [[nodiscard]] std::string told_of(std::size_t index) const {
        const proof::Unit& unit = obligation_.units[index];
        std::string pods;
        for (std::size_t a = 0; a < unit.most.size(); ++a)
            if (const std::int64_t count = landed(index, a); count > 0)
                pods += " " + std::to_string(count) + " of " + obligation_.arrivals[a].owner;
        return unit.name + " can be below its floor" + (pods.empty() ? "" : " with" + pods);
    }

    [[nodiscard]] std::int64_t landed(std::size_t unit, std::size_t arrival) const {
        std::int64_t count = 0;
        if (obligation_.units[unit].most[arrival] <= 0) return 0;
        const std::string symbol = proof::landed_symbol(obligation_, unit, arrival);
        return model_.eval(context_.int_const(symbol.c_str()), true).is_numeral_i64(count) ? count : 0;
    }

    z3::context& context_;
    const z3::model& model_;
    const Obligation& obligation_;
};

Finding answer(z3::context& context, z3::solver& solver, const Obligation& obligation) {
    Finding finding;
    switch (solver.check()) {
        case z3::unsat:
            finding.outcome = Finding::Outcome::Holds;
            finding.detail = "no placement in any step puts a touched unit below its floor";
            break;
        case z3::sat:
            finding.outcome = Finding::Outcome::Breaks;
            finding.detail = Counterexample(context, solver.get_model(), obligation).told();
            break;
        case z3::unknown:
            finding.detail = "no answer in time: " + solver.reason_unknown();
            break;
    }
    return finding;
}

}  // namespace

std::string SmtEngine::version() const {
    unsigned major = 0, minor = 0, build = 0, revision = 0;
    Z3_get_version(&major, &minor, &build, &revision);
    return "z3 " + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(build);
}

Finding SmtEngine::judge(const ports::Judged& write) {
    return decide(write.obligation);
}

Finding SmtEngine::decide(const Obligation& obligation) const {
    const auto start = std::chrono::steady_clock::now();
    Finding finding;
    try {
        z3::context context;
        z3::solver solver(context, "QF_LIA");
        z3::params params(context);
        params.set("timeout", static_cast<unsigned>(timeout_.count()));
        solver.set(params);
        solver.from_string(proof::smt_text(obligation).c_str());
        finding = answer(context, solver, obligation);
    } catch (const z3::exception& failure) {
        finding.detail = std::string("the solver failed: ") + failure.msg();
    }
    finding.engine = name();
    finding.version = version();
    finding.took_us =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count();
    return finding;
}

}  // namespace helix::smt
