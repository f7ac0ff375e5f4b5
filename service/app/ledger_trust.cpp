#include "service/app/ledger_trust.hpp"

#include <array>
#include <utility>

#include <unistd.h>

#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/openssl_signer/ed25519.hpp"
#include "adapters/openssl_signer/key_folder.hpp"
#include "adapters/postgres/conninfo.hpp"
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
    if (make) {
        const auto made =
            openssl_signer::generate_first(folder, config.ledger_name.empty() ? default_name() : config.ledger_name);
        if (!made) return made.error();
        if (*made)
            log(Level::Info, "signing.key_made",
                {{"folder", folder}, {"key", ledger::key_id(**made, openssl_digest::sha256)}});
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
    return postgres::is_postgres_url(config.ledger) ? "helix-state" : config.ledger + ".state";
}

Result<void> check_state(const config::Config& config) {
    if (!postgres::is_postgres_url(config.ledger) || config.signing != "auto" || !config.state.empty()) return {};
    return error(
        Code::InvalidArgument,
        "signing: auto keeps its keys in `state`, which a ledger in a database does not give a place to",
        "give `state: FOLDER` (--state), a lasting folder of this process's own; with several processes on the "
        "ledger also `signing: FOLDER`, the same keys for all: docs/postgresql.md",
        "state");
}

LedgerTrust::LedgerTrust(ports::LedgerStore& store, ports::TreeStore& nodes, const std::string& folder,
                         std::unique_ptr<ports::Signer> signer, ledger::KeyRing keys, bool is_file)
    : signer_(std::move(signer)),
      log_(store, nodes, openssl_digest::sha256),
      head_(folder + "/head"),
      signed_last_(folder + "/checkpoint"),
      notary_(store, log_, signer_.get(), signed_last_, std::move(keys), openssl_digest::sha256),
      caretaker_(store, nodes, log_, head_, openssl_digest::sha256),
      loop_({[] {}, [this] { keep_up([this] { return stopping_.load(); }); }}, kEveryMs, kEveryMs),
      is_file_(is_file) {}

Result<std::unique_ptr<LedgerTrust>> LedgerTrust::open(const config::Config& config, ports::LedgerStore& store,
                                                       ports::TreeStore& nodes) {
    auto keys = load_keys(config);
    if (!keys) return std::move(keys).error();
    ledger::KeyRing ring(std::move(keys->public_keys), openssl_digest::sha256, openssl_signer::verify_ed25519);
    std::unique_ptr<LedgerTrust> trust(new LedgerTrust(store, nodes, state_folder(config), std::move(keys->signer),
                                                       std::move(ring), !postgres::is_postgres_url(config.ledger)));
    if (auto same = trust->caretaker_.check(); !same) {
        trust->stopping_ = true;  // it must not remember a head of the wrong store
        return std::move(same).error();
    }
    return trust;
}

void LedgerTrust::start(std::function<void(const Error&)> broken) {
    loop_.start();
    if (!is_file_) return;
    examiner_ = std::jthread([this, told = std::move(broken)] {
        const auto sound = caretaker_.check_all([this] { return stopping_.load(); });
        if (sound) return;
        log(Level::Error, "ledger.examined", {{"problem", sound.error().message}});
        if (sound.error().code == Code::DataLoss) told(sound.error());
    });
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
    if (examiner_.joinable()) examiner_.join();
    keep_up([] { return true; });
}

}  // namespace helix::app
