#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "domain/core/result.hpp"

namespace helix::endpoint {

/// What proves who we are; either part, both or none. Secret: never in a message, a log or an argument list.
struct Credential {
    std::string bearer_token = {};
    std::string client_cert_pem = {};
    std::string client_key_pem = {};

    friend bool operator==(const Credential&, const Credential&) = default;
};

/// Gives the credential of now; behind it may stand a constant, a file that is replaced, or a program that is run.
///
/// Thread safety: any method from any thread.
class CredentialSource {
public:
    virtual ~CredentialSource() = default;

    /// The credential at hand when it is still good; never waits for a file or a program.
    virtual std::optional<Credential> ready() = 0;

    /// The credential, obtained anew when the one at hand is no longer good. May take seconds; a stop ends it early.
    /// Errors: Unauthenticated when none can be had, Unavailable when stopped.
    virtual Result<Credential> fetch(std::stop_token stop) = 0;

    /// The server refused `used` (401): it is not handed out again unless nothing newer can exist.
    virtual void rejected(const Credential& used) = 0;
};

/// A credential that never changes.
class ConstantCredential final : public CredentialSource {
public:
    explicit ConstantCredential(Credential credential) : credential_(std::move(credential)) {}

    std::optional<Credential> ready() override { return credential_; }
    Result<Credential> fetch(std::stop_token) override { return credential_; }
    void rejected(const Credential&) override {}

private:
    const Credential credential_;
};

}  // namespace helix::endpoint
