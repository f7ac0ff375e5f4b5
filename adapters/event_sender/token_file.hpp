#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "adapters/endpoint/credential_source.hpp"

namespace helix::event_sender {

/// The bearer token in a file, read again every minute and when it was refused: whoever rotates it replaces the file.
class TokenFile final : public endpoint::CredentialSource {
public:
    explicit TokenFile(std::string path) : path_(std::move(path)) {}

    std::optional<endpoint::Credential> ready() override;
    Result<endpoint::Credential> fetch(std::stop_token stop) override;
    void rejected(const endpoint::Credential& used) override;

private:
    using Time = std::chrono::steady_clock::time_point;

    const std::string path_;
    std::mutex mutex_;
    std::optional<endpoint::Credential> held_;
    Time good_until_{};
};

}  // namespace helix::event_sender
