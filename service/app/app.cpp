#include "service/app/app.hpp"

#include <algorithm>
#include <atomic>

#include <malloc.h>

#include "adapters/falco/alerts.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/postgres/conninfo.hpp"
#include "adapters/system/instance.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/app/court_wiring.hpp"
#include "service/app/engines.hpp"
#include "service/app/ledger_trust.hpp"
#include "service/app/listen_address.hpp"
#include "service/app/log.hpp"
#include "service/app/outbox_wiring.hpp"
#include "service/app/stores.hpp"
#include "service/app/target_factory.hpp"
#include "service/http/metrics.hpp"
#include "service/http/routes.hpp"
#include "service/reconcile/loop.hpp"
#include "service/reconcile/publisher.hpp"
#include "service/usecases/alarms.hpp"
#include "service/usecases/recovery.hpp"

namespace helix::app {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kChangeGapMs = 250;
constexpr std::int64_t kKeepEveryMs = 500;  ///< how often the tenure, open cycles and reservations are looked after

usecases::HelixRules rules_of(const config::Config& config) {
    usecases::HelixRules rules;
    rules.metrics_age_max_us = config.metrics_age_max_s * kSecond;
    rules.reservation_us = config.reservation_s * kSecond;
    rules.relief = config.relief;
    rules.replicas_max = config.replicas_max;
    rules.neutral_kinds = config.neutral_kinds;
    return rules;
}

/// `clock` and `ids` outlive the hub.
http_engine::HubOptions hub_options(const ports::Clock& clock, ports::IdSource& ids) {
    http_engine::HubOptions options;
    options.first_id = static_cast<std::uint64_t>(clock.now_us());  // ids of a former process are older
    options.gap_data = [&clock, &ids](std::uint64_t from, std::uint64_t to) {
        const nlohmann::json data = {{"from", from}, {"to", to}, {"reread", "/v1/units and /v1/ledger"}};
        return http::as_cloud_event({"gap", "", data.dump(), ""}, clock, ids);
    };
    return options;
}

http_engine::ServerOptions server_options(const config::Config& config) {
    http_engine::ServerOptions options;
    if (!config.tls_cert.empty()) {
        options.tls.emplace();
        options.tls->certificate_chain_file = config.tls_cert;
        options.tls->private_key_file = config.tls_key;
    }
    return options;
}

/// How this process is called where others on the same ledger see it. Whoever has the file's lock knows that the former
/// process of that name is gone, so that a restart need not wait for its lease to run out.
std::string instance_name(const config::Config& config, bool alone) {
    const std::string process = ":" + std::to_string(system::process_id());
    const bool named = !config.instance.empty();
    const std::string name = named ? config.instance : system::host_name();
    // A database's name is taken on trust: nobody can hold a lock for it here.
    return alone || (named && postgres::is_postgres_url(config.ledger)) ? name : name + process;
}

std::string lock_file(const config::Config& config) {
    return postgres::is_postgres_url(config.ledger) ? std::string() : config.ledger + ".lock";
}

/// Members are declared in the order in which they depend on each other; the server goes first when it ends.
class Wired final : public App {
public:
    Wired(const config::Config& config, ListenAddress address, http::Authorizer authorizer, Stores stores,
          std::unique_ptr<LedgerTrust> trust)
        : address_(std::move(address)),
          tls_(!config.tls_cert.empty()),
          authorizer_(std::move(authorizer)),
          ids_(clock_),
          file_lock_(lock_file(config)),
          stores_(std::move(stores)),
          trust_(std::move(trust)),
          writer_(*stores_.ledger, clock_, ids_, openssl_digest::sha256, trust_->signer()),
          hub_(hub_options(clock_, ids_)),
          bus_(hub_, clock_, ids_),
          tenure_(*stores_.leases, clock_, instance_name(config, file_lock_.held()),
                  std::chrono::seconds(config.lease_s)),
          receipts_(writer_, bus_, openssl_digest::sha256),
          jury_(make_engines(config), writer_, bus_),
          helix_(targets_, tenure_, receipts_, writer_, bus_, clock_, ids_, rules_of(config), &jury_),
          recovery_(targets_, tenure_, receipts_, writer_, *stores_.ledger, helix_, clock_,
                    config.recovery_grace_s * kSecond),
          once_(helix_, *stores_.ledger, openssl_digest::sha256),
          views_(targets_, clock_, config.metrics_age_max_s * kSecond),
          publisher_(targets_, views_, bus_),
          alarms_(targets_, writer_, bus_),
          loop_({[this] { publisher_.publish_changes(); }, [this] { publisher_.publish_all(); }}, kChangeGapMs,
                config.tick_s * 1000),
          keeper_({[] {}, [this] { keep(); }}, kKeepEveryMs, kKeepEveryMs),
          recoverer_({[this] { recover(); }, [this] { recover(); }}, kChangeGapMs, kKeepEveryMs),
          server_(server_options(config)),
          context_{targets_,
                   helix_,
                   views_,
                   *stores_.ledger,
                   writer_,
                   trust_->notary(),
                   hub_,
                   bus_,
                   authorizer_,
                   once_,
                   openssl_digest::sha256,
                   [this](const auto& take) { publisher_.snapshot(take); },
                   [this] { return health(); },
                   [this] {
                       return http::metrics_text({targets_, writer_, hub_, server_, context_.outboxes, &jury_,
                                                  context_.courts, clock_.now_us()});
                   }} {}

    ~Wired() override {
        Wired::stop();
        targets_.clear();  // before those whom they call
    }
    Wired(const Wired&) = delete;
    Wired& operator=(const Wired&) = delete;

    Result<void> run(const config::Config& config, std::vector<std::unique_ptr<ports::Target>> targets) {
        for (auto& target : targets) targets_.add(std::move(target));
        jury_.on_disagreement([](const std::string& what) {
            log(Level::Error, "engine.disagreement", {{"what", what}});
        });
        if (auto sending = send_events(config); !sending) return sending;
        courts_ =
            std::make_unique<CourtWiring>(config, CourtWiring::Ports{targets_, tenure_, writer_, *stores_.ledger, once_,
                                                                     bus_, clock_, openssl_digest::sha256});
        context_.kept_nodes = stores_.tree.get();
        hold_court();
        http::route_all(server_, context_);
        if (auto started = hub_.start(); !started) return started;
        trust_->start([this](const Error& why) { writer_.halt(why); });
        keep();
        keeper_.start();
        recoverer_.start();
        loop_.start();
        courts_->start();
        for (const auto& runtime : targets_.all()) runtime->target().on_change([this] { changed(); });
        const auto port = server_.start(address_.host, address_.port);
        if (!port) return port.error();
        for (const auto& route : server_.routes())
            log(Level::Debug, "service.route", {{"method", route.method}, {"pattern", route.pattern}});
        log(Level::Info, "service.started",
            {{"url", url()}, {"targets", Wired::targets()}, {"open", authorizer_.open()}});
        return {};
    }

    std::string url() const override {
        const bool six = address_.host.find(':') != std::string::npos;
        return (tls_ ? "https://" : "http://") + (six ? "[" + address_.host + "]" : address_.host) + ":" +
               std::to_string(server_.port());
    }

    std::vector<std::string> targets() const override {
        std::vector<std::string> lines;
        for (const auto& runtime : targets_.all()) {
            const ports::Target& target = runtime->target();
            lines.push_back(target.name() + " (" + std::string(target.kind()) + "): " + target.address());
        }
        return lines;
    }

    bool ready() const override {
        return std::all_of(targets_.all().begin(), targets_.all().end(), [](const auto& runtime) {
            if (!runtime->target().freshness().synced) return false;
            bool figures = true;
            runtime->target().read([&](const cluster::State& state) {
                for (const cluster::UnitRow& row : state.rows()) figures = figures && (!row.live || row.scraped_at > 0);
            });
            return figures;
        });
    }

    void stop() override {
        if (stopped_.exchange(true)) return;
        for (const auto& runtime : targets_.all()) runtime->target().on_change([] {});
        loop_.stop();
        server_.stop();
        if (courts_) courts_->stop();
        if (outbox_) outbox_->stop();
        recoverer_.stop();
        keeper_.stop();
        tenure_.let_go();
        trust_->stop();
        hub_.stop();
        log(Level::Info, "service.stopped");
    }

private:
    /// Starts what carries events out, before anything new can be recorded.
    Result<void> send_events(const config::Config& config) {
        if (config.outbox.empty()) return {};
        auto store = stores_.open_outbox();
        if (!store) return std::move(store).error();
        auto made =
            OutboxWiring::make(config, *std::move(store), {*stores_.ledger, *stores_.leases, clock_, tenure_.holder()});
        if (!made) return std::move(made).error();
        outbox_ = *std::move(made);
        writer_.on_commit([this] { outbox_->poke(); });
        context_.outboxes = &outbox_->all();
        context_.poke_outboxes = [this] { outbox_->poke(); };
        return outbox_->start();
    }

    void hold_court() {
        context_.courts = &courts_->all();
        context_.poke_courts = [this] { courts_->poke(); };
        context_.clock = &clock_;
        context_.read_alerts = [](std::string_view body, std::int64_t now_us) -> Result<http::AlertBatch> {
            auto batch = falco::read_alerts(body, now_us);
            if (!batch) return std::move(batch).error();
            return http::AlertBatch{std::move(batch->alerts), std::move(batch->refused)};
        };
    }

    /// Holds on to the right to write, finds what a former process left open, sweeps up behind this one's own cycles.
    void keep() {
        const auto newly = tenure_.hold();
        const bool begin = newly && !tenure_.fence() && tenure_.taken();
        const auto begun = begin ? recovery_.begin() : Result<void>{};
        if (begin && begun)
            log(Level::Info, "tenure.taken", {{"holder", tenure_.holder()}, {"open_cycles", recovery_.open()}});
        const std::string problem = !newly ? newly.error().message : !begun ? begun.error().message : std::string();
        if (!problem.empty() && problem != keep_problem_)
            log(Level::Warning, "tenure.missing", {{"holder", tenure_.holder()}, {"problem", problem}});
        keep_problem_ = problem;
        helix_.sweep();
        alarms_.look();
        give_back_memory();
    }

    /// A peak (a relist, a court that hears every case again) leaves the process with memory that it does not use.
    void give_back_memory() {
        constexpr std::size_t kWorthIt = 8U << 20U;
        constexpr std::int64_t kEvery = 60'000'000;
        const std::int64_t now = clock_.steady_us();
        if (now - gave_back_at_ < kEvery) return;
        gave_back_at_ = now;
        if (mallinfo2().fordblks > kWorthIt) malloc_trim(0);
    }

    /// A target shows something new: perhaps what an open cycle waits for.
    void changed() {
        loop_.poke();
        courts_->poke();
        if (recovery_.open() + recovery_.standing() > 0) recoverer_.poke();
    }

    void recover() {
        recovery_.end_open();
        if (const auto marked = recovery_.mark(); !marked)
            log(Level::Warning, "tenure.unmarked", {{"problem", marked.error().message}});
    }

    std::vector<http::HealthCheck> health() const {
        std::vector<http::HealthCheck> checks;
        const auto head = stores_.ledger->head();
        const auto halted = writer_.halted();
        const std::string problem = !head ? head.error().message : halted ? halted->message : "";
        checks.push_back({"ledger", problem.empty(), problem.empty() ? stores_.place : problem});
        // One that waits for another to go away answers reads and verdicts: it is ready, and says what it does not do.
        checks.push_back({"writes", true, tenure_.fence() ? "" : tenure_.refusal().message});
        for (const auto& runtime : targets_.all()) {
            const ports::Freshness freshness = runtime->target().freshness();
            checks.push_back({"target " + runtime->target().name(), freshness.synced, freshness.problem});
        }
        return checks;
    }

    const ListenAddress address_;
    const bool tls_;
    const http::Authorizer authorizer_;
    system::SystemClock clock_;
    system::UlidSource ids_;
    const system::FileLock file_lock_;
    const Stores stores_;
    std::unique_ptr<LedgerTrust> trust_;
    usecases::LedgerWriter writer_;
    std::unique_ptr<OutboxWiring> outbox_;  // null: no destinations are configured
    http_engine::StreamHub hub_;
    http::HubBus bus_;
    usecases::Targets targets_;
    usecases::Tenure tenure_;
    usecases::Receipts receipts_;
    usecases::Jury jury_;
    usecases::RunCycle helix_;
    usecases::Recovery recovery_;
    usecases::AnswerOnce once_;
    std::int64_t gave_back_at_ = 0;  // of the keeper's thread
    std::string keep_problem_;
    usecases::Views views_;
    reconcile::Publisher publisher_;
    usecases::Alarms alarms_;
    std::unique_ptr<CourtWiring> courts_;
    reconcile::Loop loop_;
    reconcile::Loop keeper_;
    reconcile::Loop recoverer_;  // waits for targets, so that what holds the lease need not
    http_engine::Server server_;
    http::Context context_;
    std::atomic<bool> stopped_{false};
};

Result<http::Authorizer> authorizer_of(const config::Config& config) {
    if (config.tokens.empty()) return http::Authorizer();
    const auto text = config::read_file(config.tokens);
    if (!text) return text.error();
    return http::Authorizer::parse(*text, config.tokens, openssl_digest::sha256);
}

Result<void> check_exposure(const config::Config& config, const ListenAddress& address) {
    if (config.tls_cert.empty() != config.tls_key.empty())
        return error(Code::InvalidArgument, "tls_cert and tls_key belong together", "give both or neither", "tls_key");
    if (is_loopback(address.host)) return {};
    if (!config.tls_cert.empty() && !config.tokens.empty()) return {};
    return error(Code::PermissionDenied,
                 address.host + " is not loopback: without TLS and tokens anybody could write to your clusters",
                 "give tls_cert, tls_key and tokens, or listen on 127.0.0.1", "listen");
}

}  // namespace

Result<std::string> migrate(const config::Config& config) {
    const auto stores = open_stores(ledger_place(config.ledger), config.ledger_service_role);
    if (!stores) return stores.error();
    return stores->place;
}

Result<std::unique_ptr<App>> start(const config::Config& given) {
    config::Config config = given;
    config.ledger = ledger_place(given.ledger);
    // Else every worker thread keeps an arena of its own, and with it what its largest request took.
    mallopt(M_ARENA_MAX, 2);
    if (!set_log_level(config.log_level))
        return error(Code::InvalidArgument, "log_level \"" + config.log_level + "\" is not known",
                     "use debug, info, warning or error", "log_level");
    auto address = parse_listen_address(config.listen);
    if (!address) return std::move(address).error();
    if (const auto safe = check_exposure(config, *address); !safe) return safe.error();
    auto authorizer = authorizer_of(config);
    if (!authorizer) return std::move(authorizer).error();
    if (const auto known = check_state(config); !known) return known.error();
    auto stores = open_stores(config.ledger, config.ledger_service_role);
    if (!stores) return std::move(stores).error();
    auto trust = LedgerTrust::open(config, *stores->ledger, *stores->tree);
    if (!trust) return std::move(trust).error();
    auto targets = make_targets(config);
    if (!targets) return std::move(targets).error();
    auto wired = std::make_unique<Wired>(config, *std::move(address), *std::move(authorizer), *std::move(stores),
                                         *std::move(trust));
    if (const auto running = wired->run(config, *std::move(targets)); !running) return running.error();
    return std::unique_ptr<App>(std::move(wired));
}

}  // namespace helix::app
