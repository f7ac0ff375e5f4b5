#include "adapters/event_sender/token_file.hpp"

#include <algorithm>
#include <fstream>

namespace helix::event_sender {
namespace {

constexpr std::chrono::seconds kGoodFor{60};
constexpr std::size_t kBytesMax = 16U * 1024U;

Error bad(const std::string& path, const std::string& what) {
    return error(Code::Unauthenticated, "token file " + path + " " + what, "it holds one token and nothing else", path);
}

}  // namespace

std::optional<endpoint::Credential> TokenFile::ready() {
    const std::lock_guard lock(mutex_);
    if (std::chrono::steady_clock::now() >= good_until_) return std::nullopt;
    return held_;
}

Result<endpoint::Credential> TokenFile::fetch(std::stop_token) {
    std::ifstream file(path_, std::ios::binary);
    if (!file) return bad(path_, "cannot be read");
    std::string text(kBytesMax + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kBytesMax) return bad(path_, "is over 16 KiB");
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
    const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
    if (text.empty() || !printable) return bad(path_, "holds no token");
    endpoint::Credential credential;
    credential.bearer_token = std::move(text);
    const std::lock_guard lock(mutex_);
    held_ = credential;
    good_until_ = std::chrono::steady_clock::now() + kGoodFor;
    return credential;
}

void TokenFile::rejected(const endpoint::Credential& used) {
    const std::lock_guard lock(mutex_);
    if (held_ == used) held_.reset();
}

}  // namespace helix::event_sender
