#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "domain/ledger/digest.hpp"
#include "service/ports/clock.hpp"
#include "service/ports/manifest_judge.hpp"

namespace helix::conftest {

struct Settings {
    std::string program;             ///< path of the conftest binary; never looked up
    std::filesystem::path policies;  ///< folder of Rego policies; all namespaces in it are asked
    std::filesystem::path scratch;   ///< where private folders are made, one for each check, and removed again
    std::chrono::milliseconds timeout{30'000};
};

/// Judges manifests with the real `conftest test`, one run for each.
///
/// The layer reaches the policies as data.trial.layer ("L4"). The program gets no input, nothing of our environment,
/// and a folder of its own as home. What it says is read from the JSON that it prints: its exit code is 1 for a
/// finding as well as for a policy that does not compile.
class Conftest final : public ports::ManifestJudge {
public:
    Conftest(Settings settings, const ports::Clock& clock, ledger::Sha256 sha256, std::stop_token stop = {});

    /// Errors: also Unavailable when `stop` was requested, which kills the run: that is no evidence of anything.
    /// Thread safety: any thread, several at a time.
    Result<trial::ManifestCheck> judge(const std::string& manifest_json, std::int64_t generation,
                                       trial::Layer layer) override;

private:
    /// The program's file, so that an exchanged one is asked for its version again.
    struct Stamp {
        std::filesystem::file_time_type changed;
        std::uintmax_t size = 0;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };

    Result<void> check(const std::string& manifest_json, trial::Layer layer, trial::ManifestCheck& check);
    Result<std::string> version(const std::string& home);

    const Settings settings_;
    const ports::Clock& clock_;
    const ledger::Sha256 sha256_;
    const std::stop_token stop_;
    std::mutex mutex_;
    std::optional<Stamp> stamp_;  // of the program that told version_
    std::string version_;
};

}  // namespace helix::conftest
