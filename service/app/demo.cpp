#include "service/app/demo.hpp"

#include <chrono>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <thread>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "service/app/app.hpp"
#include "service/app/signals.hpp"

namespace helix::app {
namespace {

using nlohmann::json;

constexpr auto kReadyLimit = std::chrono::seconds(120);
constexpr double kGi = 1024.0 * 1024.0 * 1024.0;

struct Reply {
    int status = 0;
    json body;
};

class Tour {
public:
    Tour(std::string url, bool write) : url_(std::move(url)), client_(url_), write_(write) {
        client_.set_read_timeout(60);
    }

    bool run() {
        show_units();
        return show_pass() && show_break() && show_release() && show_ledger();
    }

private:
    Reply get(const std::string& path) { return to_reply(client_.Get(path)); }

    Reply post(const std::string& path, const json& body) {
        const httplib::Headers headers = {
            {"Idempotency-Key", "demo-" + std::to_string(++keys_) + "-" +
                                    std::to_string(std::chrono::steady_clock::now().time_since_epoch().count())}};
        return to_reply(client_.Post(path, headers, body.dump(), "application/json"));
    }

    static Reply to_reply(const httplib::Result& result) {
        if (!result) return {0, json::object()};
        return {result->status, json::parse(result->body, nullptr, false)};
    }

    static json scale(const json& workload, std::int64_t replicas, const std::string& reason) {
        return {
            {"target", workload.at("target")},
            {"verb", "scale"},
            {"object",
             {{"kind", workload.at("kind")}, {"namespace", workload.at("namespace")}, {"name", workload.at("name")}}},
            {"replicas", replicas},
            {"reason", reason}};
    }

    static std::string name_of(const json& workload) {
        return "deployment/" + workload.at("name").get<std::string>() + " -n " +
               workload.at("namespace").get<std::string>();
    }

    std::string act_path() const { return write_ ? "/v1/actions" : "/v1/actions?dry_run=true"; }

    void show_units() {
        std::cout << "\nNode floors (each keeps γ₁ = 14.134725141734693 % of its memory free)\n";
        const Reply units = get("/v1/units?limit=20");
        for (const json& unit : units.body.value("items", json::array())) {
            std::cout << "  " << std::left << std::setw(16) << unit.at("unit").get<std::string>() << std::right
                      << std::fixed << std::setprecision(2);
            if (unit.at("used_pct").is_null()) {
                std::cout << "  no metrics\n";
                continue;
            }
            std::cout << std::setw(7) << unit.at("used_pct").get<double>() << " % used of " << std::setw(6)
                      << unit.at("capacity").get<double>() / kGi << " GiB   "
                      << (unit.at("break").get<bool>() ? "BREAK" : "keeps its floor") << "\n";
        }
        const std::int64_t total = units.body.value("total", 0);
        if (total > 20) std::cout << "  ... and " << total - 20 << " more\n";
    }

    /// The deployments, and what the gate says of `replicas(workload)` of each.
    template <class Replicas, class Accept>
    bool find(Replicas replicas, Accept accept, json& found) {
        for (const json& workload : get("/v1/workloads?kind=Deployment&limit=200").body.value("items", json::array())) {
            const Reply verdict = post("/v1/gate", scale(workload, replicas(workload), "demo"));
            if (verdict.status != 200 || !accept(verdict.body.at("verdicts").at(0).at("verdict"))) continue;
            found = workload;
            return true;
        }
        return false;
    }

    bool show_pass() {
        const auto one_more = [](const json& workload) { return workload.at("desired").get<std::int64_t>() + 1; };
        const auto safe = [](const json& verdict) { return verdict.at("why") == "safe"; };
        if (!find(one_more, safe, scaled_)) return fail("no deployment can be scaled up by one: every floor is near");
        std::cout << "\nPASS  scale " << name_of(scaled_) << " to " << one_more(scaled_) << "\n";
        const Reply reply = post(act_path(), scale(scaled_, one_more(scaled_), "demo: one more"));
        if (reply.status != 201 && reply.status != 200) return fail("the write was not done: " + reply.body.dump());
        show_receipt(reply.body);
        return true;
    }

    bool show_break() {
        json workload;
        std::int64_t replicas = 0;
        const auto broken = [](const json& verdict) { return verdict.at("why") == "floor-break"; };
        for (const std::int64_t more : {5, 20, 100, 1000}) {
            const auto many = [more](const json& one) { return one.at("desired").get<std::int64_t>() + more; };
            if (!find(many, broken, workload)) continue;
            replicas = many(workload);
            break;
        }
        if (replicas == 0) return fail("no scale-up breaks a floor here: the pods' requests fill the nodes first");
        std::cout << "\nBREAK scale " << name_of(workload) << " to " << replicas << "\n";
        const Reply reply = post(act_path(), scale(workload, replicas, "demo: far too many"));
        const json& verdict =
            reply.status == 409
                ? reply.body.value("verdict", json::object())
                : reply.body.value("actions", json::array({json::object()})).at(0).value("verdict", json::object());
        if (verdict.value("passed", true)) return fail("the gate let it pass");
        show_break_of(verdict);
        return true;
    }

    static void show_break_of(const json& verdict) {
        std::cout << "  " << verdict.at("reason").get<std::string>()
                  << "\n  counterexample, a placement the scheduler may choose:\n";
        int shown = 0;
        for (const json& unit : verdict.at("counterexample")) {
            if (++shown > 5) break;
            std::cout << "    " << unit.at("unit").get<std::string>() << ":";
            for (const json& pods : unit.at("pods"))
                std::cout << " +" << pods.at("count") << " of " << pods.at("owner").get<std::string>();
            std::cout << "\n";
        }
        if (verdict.contains("max_safe") && !verdict.at("max_safe").is_null())
            std::cout << "  the most that would pass: " << verdict.at("max_safe") << "\n";
        for (const json& remedy : verdict.value("remedies", json::array()))
            std::cout << "  remedy: " << remedy.at("what").get<std::string>() << "\n";
    }

    bool show_release() {
        if (!write_) return true;
        std::cout << "\nPASS  scale " << name_of(scaled_) << " back to " << scaled_.at("desired") << "\n";
        const Reply reply =
            post(act_path(), scale(scaled_, scaled_.at("desired").get<std::int64_t>(), "demo: back, γ₁ floor kept"));
        if (reply.status != 201) return fail("the write was not done: " + reply.body.dump());
        show_receipt(reply.body);
        return true;
    }

    static void show_receipt(const json& cycle) {
        const json& action = cycle.at("actions").at(0);
        std::cout << "  " << action.at("verdict").at("reason").get<std::string>()
                  << "\n  outcome: " << action.at("outcome").get<std::string>();
        if (action.contains("detail")) std::cout << ", " << action.at("detail").get<std::string>();
        if (action.contains("resource_version_before"))
            std::cout << "; resourceVersion " << action.at("resource_version_before").get<std::string>() << " -> "
                      << action.value("resource_version_after", "?");
        std::cout << "\n  links:";
        for (const json& link : cycle.at("links"))
            std::cout << " " << link.at("link").get<std::string>() << "=" << link.at("state").get<std::string>();
        if (cycle.contains("ledger"))
            std::cout << "\n  receipt: seq " << cycle.at("ledger").at("receipt_seq") << ", "
                      << cycle.at("ledger").value("hash", "");
        std::cout << "\n";
    }

    bool show_ledger() {
        const Reply report = get("/v1/ledger/verify");
        const bool ok = report.body.value("ok", false);
        std::cout << "\nledger verify: " << (ok ? "ok" : "NOT OK: " + report.body.value("fault", "")) << ", "
                  << report.body.value("records", 0) << " records\n";
        return ok;
    }

    static bool fail(const std::string& why) {
        std::cerr << "demo: " << why << "\n";
        return false;
    }

    const std::string url_;
    httplib::Client client_;
    const bool write_;
    json scaled_;
    std::uint64_t keys_ = 0;
};

bool wait_until_ready(const App& app) {
    const auto limit = std::chrono::steady_clock::now() + kReadyLimit;
    bool said = false;
    while (!app.ready()) {
        if (std::chrono::steady_clock::now() > limit || stop_requested()) return false;
        if (!said) std::cerr << "waiting for the mirror and the first metrics ..." << std::endl;
        said = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return true;
}

}  // namespace

int run_demo(const DemoOptions& options) {
    catch_stop_signals();
    auto app = start(options.config);
    if (!app) {
        std::cerr << "helix: " << app.error().message << (app.error().mend.empty() ? "" : "; mend: " + app.error().mend)
                  << "\n";
        return 1;
    }
    std::cout << "Helix Coaster at " << (*app)->url() << "/\n";
    bool simulated = true;
    for (const std::string& target : (*app)->targets()) {
        std::cout << "  target " << target << "\n";
        simulated = simulated && target.find("(simulated)") != std::string::npos;
    }
    if (simulated) std::cout << "  This is a built-in simulation: no cluster is touched.\n";
    const bool write = options.write || simulated;
    if (!write) std::cout << "  Verdicts alone: nothing is written to your cluster (--write carries the tour out).\n";
    if (!wait_until_ready(**app)) {
        std::cerr << "demo: the target did not come into sync; see " << (*app)->url() << "/readyz\n";
        return 1;
    }
    const bool shown = Tour((*app)->url(), write).run();
    if (!options.once && shown) {
        std::cout << "\nThe page with live floors: " << (*app)->url() << "/\nStop with Ctrl-C." << std::endl;
        wait_for_stop();
    }
    (*app)->stop();
    return shown ? 0 : 1;
}

}  // namespace helix::app
