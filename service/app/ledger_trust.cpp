#include "service/app/ledger_trust.hpp"

#include <array>
#include <utility>

#include <unistd.h>

#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/openssl_signer/ed25519.hpp"
#include "adapters/openssl_signer/key_folder.hpp"
#include "service/app/log.hpp"

namespace helix::app {
namespace {

constexpr std::int64_t kEveryMs = 1000;

/// The name of keys made here when the configuration gives none.
std::string default_name() {
    std::array<char, 256> host{};
    const bool known = ::gethostname(host.data(), host.size() - 1) == 0;
    std::string name = std::string(known ? host.data() : "") + "/helix";
    return ledger::is_key_name(name) && name.front() != '/' ? name : "localhost/helix";
}

Result<openssl_signer::KeyFolder> load_keys(const config::Config& config) {
    if (config.signing == "off") return openssl_signer::KeyFolder{};
    const bool make = config.signing == "auto";
    const std::string folder = make ? state_folder(config) + "/keys" : config.signing;
    if (make && !openssl_signer::has_keys(folder)) {
        const auto made =
            openssl_signer::generate(folder, config.ledger_name.empty() ? default_name() : config.ledger_name);
        if (!made) return made.error();
        log(Level::Info, "signing.key_made",
            {{"folder", folder}, {"key", ledger::key_id(*made, openssl_digest::sha256)}});
    }
    auto keys = openssl_signer::load(folder);
    if (keys && !config.ledger_name.empty() && keys->signer->public_key().name != config.ledger_name)
        return error(
            Code::InvalidArgument,
            "the newest key is named " + keys->signer->public_key().name + ", the ledger " + config.ledger_name,
            "make a key of that name: helix keys generate " + folder + " --name " + config.ledger_name, "ledger_name");
    return keys;
}

}  // namespace

std::string state_folder(const config::Config& config) {
    if (!config.state.empty()) return config.state;
    return config.ledger.find("://") == std::string::npos ? config.ledger + ".state" : "helix-state";
}

LedgerTrust::LedgerTrust(ports::LedgerStore& store, ports::TreeStore& nodes, const std::string& head_file,
                         std::unique_ptr<ports::Signer> signer, ledger::KeyRing keys)
    : signer_(std::move(signer)),
      log_(store, nodes, openssl_digest::sha256),
      notary_(store, log_, signer_.get(), std::move(keys), openssl_digest::sha256),
      head_(head_file),
      caretaker_(store, log_, head_),
      loop_({[] {}, [this] { keep_up([this] { return stopping_.load(); }); }}, kEveryMs, kEveryMs) {}

Result<std::unique_ptr<LedgerTrust>> LedgerTrust::open(const config::Config& config, ports::LedgerStore& store,
                                                       ports::TreeStore& nodes) {
    auto keys = load_keys(config);
    if (!keys) return std::move(keys).error();
    ledger::KeyRing ring(std::move(keys->public_keys), openssl_digest::sha256, openssl_signer::verify_ed25519);
    std::unique_ptr<LedgerTrust> trust(
        new LedgerTrust(store, nodes, state_folder(config) + "/head", std::move(keys->signer), std::move(ring)));
    if (auto same = trust->caretaker_.check(); !same) {
        trust->stopping_ = true;  // it must not remember a head of the wrong store
        return std::move(same).error();
    }
    return trust;
}

void LedgerTrust::keep_up(const usecases::MerkleLog::Stop& stop) {
    const auto done = caretaker_.keep_up(stop);
    const std::string problem = done ? "" : done.error().message;
    if (!problem.empty() && problem != problem_) log(Level::Warning, "ledger.not_kept_up", {{"problem", problem}});
    problem_ = problem;
}

void LedgerTrust::stop() {
    if (stopping_.exchange(true)) return;
    loop_.stop();
    keep_up([] { return true; });
}

}  // namespace helix::app
