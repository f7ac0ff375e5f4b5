#include "adapters/conftest/conftest.hpp"

#include <fstream>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>
#include <stdlib.h>

#include "adapters/child_process/child_process.hpp"
#include "adapters/conftest/output.hpp"
#include "adapters/conftest/policy_bundle.hpp"
#include "domain/trial/findings.hpp"

namespace helix::conftest {
namespace {

namespace fs = std::filesystem;
using child_process::Child;

constexpr std::size_t kManifestBytesMax = 4U << 20U;
constexpr std::size_t kErrorBytesMax = 4'096;

/// A folder that nobody else may look into, removed at the end.
class PrivateFolder {
public:
    explicit PrivateFolder(const fs::path& where) {
        std::string pattern = (where / "helix-conftest-XXXXXX").string();
        if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
    }
    ~PrivateFolder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    PrivateFolder(const PrivateFolder&) = delete;
    PrivateFolder& operator=(const PrivateFolder&) = delete;

    /// The file's path; empty when it could not be written.
    [[nodiscard]] std::string write(const char* name, std::string_view bytes) const {
        if (path_.empty()) return {};
        const fs::path path = path_ / name;
        std::ofstream file(path, std::ios::binary);
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        file.close();
        return file ? path.string() : std::string();
    }
    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    fs::path path_;
};

/// The first line that says something.
std::string first_line(const std::string& text) {
    const auto begin = text.find_first_not_of("\r\n\t ");
    if (begin == std::string::npos) return {};
    return trial::cut(text.substr(begin, text.find_first_of("\r\n", begin) - begin));
}

bool has_failures(const Output& output) {
    for (const trial::ManifestFinding& one : output.findings)
        if (one.kind == trial::ManifestFinding::Kind::Deny) return true;
    return false;
}

/// What the run told; an error when it did not get as far as telling.
Result<Output> told(const child_process::Ended& ended) {
    if (first_line(ended.output).empty()) {
        const std::string reason = first_line(ended.errors);
        return error(Code::Unavailable, reason.empty() ? "conftest printed nothing" : "conftest: " + reason);
    }
    auto output = read_output(ended.output);
    if (output && ended.exit_code != 0 && !has_failures(*output))
        return error(Code::Unavailable, "conftest ended with " + std::to_string(ended.exit_code) +
                                            " but names no failure: " + first_line(ended.errors));
    return output;
}

/// "0.71.1 (OPA 1.21.1)" of "Conftest: 0.71.1\nOPA: 1.21.1\n"
std::string version_of(const std::string& printed) {
    const auto after = [&](std::string_view title) {
        const auto at = printed.find(title);
        return at == std::string::npos ? std::string() : first_line(printed.substr(at + title.size()));
    };
    const std::string own = after("Conftest:");
    const std::string opa = after("OPA:");
    return opa.empty() ? own : own + " (OPA " + opa + ")";
}

}  // namespace

Conftest::Conftest(Settings settings, const ports::Clock& clock, ledger::Sha256 sha256, std::stop_token stop)
    : settings_(std::move(settings)), clock_(clock), sha256_(sha256), stop_(std::move(stop)) {}

Result<std::string> Conftest::version(const std::string& home) {
    std::error_code problem;
    const Stamp stamp{fs::last_write_time(settings_.program, problem), fs::file_size(settings_.program, problem)};
    {
        const std::lock_guard lock(mutex_);
        if (stamp_ == stamp) return version_;
    }
    Child child;
    child.program = settings_.program;
    child.arguments = {"--version"};
    child.environment = {"HOME=" + home};
    child.folder = home;
    child.timeout = settings_.timeout;
    const auto printed = child_process::run(child, stop_);
    if (!printed) return printed.error();
    std::string version = version_of(*printed);
    if (version.empty()) return error(Code::Unavailable, "it does not tell its version: is it conftest?");
    const std::lock_guard lock(mutex_);
    stamp_ = stamp;
    version_ = version;
    return version;
}

Result<void> Conftest::check(const std::string& manifest_json, trial::Layer layer, trial::ManifestCheck& check) {
    if (manifest_json.size() > kManifestBytesMax) return error(Code::ResourceExhausted, "the manifest is too large");
    std::error_code problem;
    const fs::path policies = fs::absolute(settings_.policies, problem);
    const auto before = bundle_hash(policies, sha256_);
    if (!before) return before.error();
    check.policy_hash = *before;

    const PrivateFolder folder(fs::absolute(settings_.scratch, problem));
    const std::string manifest = folder.write("manifest.json", manifest_json);
    const std::string data =
        folder.write("data.json", R"({"trial":{"layer":")" + std::string(trial::to_string(layer)) + "\"}}");
    if (manifest.empty() || data.empty())
        return error(Code::Unavailable, "cannot write below " + settings_.scratch.string());
    const auto version_told = version(folder.path());
    if (!version_told) {
        Error failure = version_told.error();
        failure.message = settings_.program + ": " + failure.message;
        return failure;
    }
    check.version = *version_told;

    Child child;
    child.program = settings_.program;
    child.arguments = {"test",   "--output", "json",  "--all-namespaces", "--no-color", "--policy", policies.string(),
                       "--data", data,       manifest};
    child.environment = {"HOME=" + folder.path(), "TMPDIR=" + folder.path()};
    child.folder = folder.path();
    child.timeout = settings_.timeout;
    child.output_bytes_max = kOutputBytesMax;
    child.errors_bytes_max = kErrorBytesMax;
    const auto ended = child_process::run_to_end(child, stop_);
    if (!ended) return ended.error();
    auto output = told(*ended);
    if (!output) return output.error();
    const auto after = bundle_hash(policies, sha256_);
    if (!after || *after != *before) return error(Code::Conflict, "the policies changed while they were asked");
    check.successes = output->successes;
    check.findings = std::move(output->findings);
    return {};
}

Result<trial::ManifestCheck> Conftest::judge(const std::string& manifest_json, std::int64_t generation,
                                             trial::Layer layer) {
    if (!nlohmann::json::accept(manifest_json)) return error(Code::InvalidArgument, "the manifest is no JSON");
    trial::ManifestCheck result;
    result.generation = generation;
    result.manifest_hash = ledger::to_hex(sha256_(manifest_json));
    result.at = clock_.now_us();
    if (const auto done = check(manifest_json, layer, result); !done) {
        if (stop_.stop_requested()) return error(Code::Unavailable, "stopped");
        result.problem =
            trial::cut(done.error().message + (done.error().where.empty() ? "" : " (" + done.error().where + ")"));
    }
    return result;
}

}  // namespace helix::conftest
