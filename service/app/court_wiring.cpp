#include "service/app/court_wiring.hpp"

#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "adapters/conftest/conftest.hpp"
#include "service/app/ledger_trust.hpp"
#include "service/app/log.hpp"
#include "service/app/policies.hpp"
#include "service/app/record_folder.hpp"

namespace helix::app {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

court::CourtRules rules_of(const config::CourtConfig& config) {
    court::CourtRules rules;
    rules.resync = config.resync_s * kSecond;
    rules.periods.kyverno_scan = config.kyverno_scan_s * kSecond;
    rules.periods.gatekeeper_audit = config.gatekeeper_audit_s * kSecond;
    rules.l5_approvers = config.l5_approvers;
    rules.l7_approvers = config.l7_approvers;
    return rules;
}

/// One line in the log for every final verdict.
void tell(const std::string& mecipol, const std::string& record) {
    const auto body = nlohmann::json::parse(record, nullptr, false);
    if (!body.is_object()) return;
    const auto at = [&](const char* pointer) {
        return body.value(nlohmann::json::json_pointer(pointer), nlohmann::json());
    };
    log(Level::Info, "trial.verdict",
        {{"mecipol", mecipol},
         {"trial", at("/trial")},
         {"namespace", at("/namespace")},
         {"subject", at("/subject/text")},
         {"layer", at("/sostle/layer")},
         {"verdict", at("/verdict")},
         {"warmth", at("/warmth/value")},
         {"promote", at("/promote")},
         {"hard_denies", at("/hardDenies")}});
}

/// Where there is no conftest, that is what its testimony says.
class NoJudge final : public ports::ManifestJudge {
public:
    explicit NoJudge(std::string problem) : problem_(std::move(problem)) {}

    Result<trial::ManifestCheck> judge(const std::string&, std::int64_t generation, trial::Layer) override {
        trial::ManifestCheck check;
        check.generation = generation;
        check.problem = problem_;
        return check;
    }

private:
    const std::string problem_;
};

std::unique_ptr<ports::ManifestJudge> make_judge(const config::Config& config, const CourtWiring::Ports& ports) {
    const auto without = [](const Error& why) {
        log(Level::Warning, "trial.conftest", {{"problem", why.message}});
        return std::make_unique<NoJudge>(why.message);
    };
    auto program = find_program(config.court.conftest);
    if (!program) return without(program.error());
    conftest::Settings settings;
    settings.program = *std::move(program);
    settings.policies = config.court.policies;
    settings.scratch = std::filesystem::temp_directory_path();
    if (config.court.policies.empty()) {
        const std::string folder = state_folder(config) + "/policies";
        if (const auto unpacked = unpack_policies(folder); !unpacked) return without(unpacked.error());
        settings.policies = folder;
    }
    return std::make_unique<conftest::Conftest>(std::move(settings), ports.clock, ports.sha256);
}

}  // namespace

CourtWiring::CourtWiring(const config::Config& whole, const Ports& ports) {
    const config::CourtConfig& config = whole.court;
    if (!config.enabled) return;
    judge_ = make_judge(whole, ports);
    checks_ = std::make_unique<reconcile::CheckQueue>(*judge_, [this] { poke(); });
    for (const auto& runtime : ports.targets.all()) {
        ports::Courtroom* room = runtime->target().courtroom();
        if (room == nullptr) continue;
        court::Court::Ports given{runtime->target(), *room,     ports.tenure, ports.writer, ports.store,
                                  ports.helix,       ports.bus, ports.clock,  ports.sha256, {}};
        given.checks = {[this](const auto& key, const auto& manifest, auto generation, auto layer) {
                            checks_->ask(key, manifest, generation, layer);
                        },
                        [this](const auto& key) { return checks_->take(key); }};
        given.keep_record = [folder = config.records](const std::string& mecipol, const std::string& record) {
            const Result<bool> kept = folder.empty() ? Result<bool>(true) : keep_record(folder, mecipol, record);
            if (!kept || *kept) tell(mecipol, record);  // one that is kept already was told by a former process
            if (!kept) log(Level::Warning, "trial.record", {{"mecipol", mecipol}, {"problem", kept.error().message}});
        };
        courts_.push_back(std::make_unique<court::Court>(std::move(given), rules_of(config)));
        court::Court& court = *courts_.back();
        loops_.push_back(std::make_unique<reconcile::CourtLoop>([&court] { return court.sit(); }, ports.clock));
    }
}

void CourtWiring::start() {
    if (checks_) checks_->start();
    for (std::size_t i = 0; i < loops_.size(); ++i) {
        reconcile::CourtLoop& loop = *loops_[i];
        loop.start();
        courts_[i]->room().on_docket_change([&loop] { loop.poke(); });
    }
}

void CourtWiring::stop() {
    for (const auto& loop : loops_) loop->stop();
    if (checks_) checks_->stop();
}

void CourtWiring::poke() {
    for (const auto& loop : loops_) loop->poke();
}

}  // namespace helix::app
