#include "adapters/conftest/policy_bundle.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

namespace helix::conftest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesMax = 1'000;
constexpr std::size_t kBytesMax = 16U << 20U;

Error unreadable(const fs::path& path, const std::error_code& problem) {
    return error(Code::Unavailable, "cannot read policies: " + problem.message(), {}, path.string());
}

Result<std::vector<fs::path>> files_below(const fs::path& folder) {
    std::error_code problem;
    if (!fs::is_directory(folder, problem)) return error(Code::NotFound, "no folder of policies", {}, folder.string());
    std::vector<fs::path> files;
    auto walk = fs::recursive_directory_iterator(folder, problem);
    for (; !problem && walk != fs::recursive_directory_iterator(); walk.increment(problem)) {
        if (walk->is_directory(problem) && walk->path().filename().string().starts_with("..")) {
            walk.disable_recursion_pending();
            continue;
        }
        if (!walk->is_regular_file(problem)) continue;
        if (files.size() >= kFilesMax) return error(Code::ResourceExhausted, "too many policy files");
        files.push_back(walk->path());
    }
    if (problem) return unreadable(folder, problem);
    if (files.empty()) return error(Code::NotFound, "no policies", {}, folder.string());
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

Result<std::string> bundle_hash(const fs::path& folder, ledger::Sha256 sha256) {
    const auto files = files_below(folder);
    if (!files) return files.error();
    std::string bundle;
    for (const fs::path& path : *files) {
        std::ifstream file(path, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
        if (!file) return unreadable(path, std::make_error_code(std::errc::io_error));
        bundle += path.lexically_relative(folder).string();
        bundle += '\0';
        bundle += std::to_string(bytes.size());
        bundle += '\0';
        bundle += bytes;
        if (bundle.size() > kBytesMax) return error(Code::ResourceExhausted, "the policies are too large");
    }
    return ledger::to_hex(sha256(bundle));
}

}  // namespace helix::conftest
