#include <iostream>
#include <random>

#include <unistd.h>

#include "service/cli/commands.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/printable.hpp"
#include "service/cli/standard_streams.hpp"

namespace helix::cli {
namespace {

/// A random UUID (RFC 9562, version 4).
std::string fresh_key() {
    std::random_device device;
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string key = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
    for (char& c : key) {
        const auto four = static_cast<std::size_t>(device() & 0xFU);
        if (c == 'x') c = kDigits[four];
        if (c == 'y') c = kDigits[8 + (four & 3U)];
    }
    return key;
}

/// The exit code of a receipt: that of the first action that is not done.
Exit exit_of_cycle(const Json& cycle) {
    for (const Json& receipt : member(cycle, "actions")) {
        const std::string outcome = text(receipt, "outcome");
        const Json& verdict = member(receipt, "verdict");
        if (verdict.is_object() && !flag(verdict, "passed")) return Exit::Break;
        if (outcome == "unknown") return Exit::Unknown;
        if (outcome == "not-applied" || outcome == "partly-applied" || outcome == "not-run") {
            Answer answer;
            answer.body = member(receipt, "problem");
            const auto status = integer(member(answer.body, "status")).value_or(502);
            return exit_of_problem(static_cast<int>(status), answer.problem_type());
        }
    }
    const std::string status = text(cycle, "status");
    if (status == "unknown" || status == "running") return Exit::Unknown;
    return status == "blocked" ? Exit::Break : Exit::Done;
}

Exit show_receipt(const Session& session, const Answer& answer, const std::string& key) {
    session.show(answer.body, [&] {
        std::string text = render_cycle(answer.body, session.view());
        if (answer.replayed) text += "  (the receipt of an earlier request with this idempotency key)\n";
        return text;
    });
    if (session.globals().output == "wide" && !key.empty()) session.say("idempotency key " + key);
    const Exit exit = exit_of_cycle(answer.body);
    if (exit == Exit::Done && stdout_lost() && !session.globals().dry_run) {
        session.say(
            "what was asked is done, but its receipt could not be written to stdout; mend: see it with "
            "helix ledger list");
        return Exit::Unknown;  // "nothing was written" would be false here
    }
    if (exit == Exit::Break) session.say("BREAK: the gate blocked it; mend: one of its remedies, see above");
    if (exit == Exit::Unknown)
        session.say("the outcome is not known yet; mend: ask GET /v1/cycles/" + text(answer.body, "id") + " later");
    if (exit != Exit::Break && exit != Exit::Unknown && exit != Exit::Done)
        session.say("not everything was done; mend: see the problem in the receipt");
    return exit;
}

/// What each write has to show; a solver that reads several answers one after the other.
std::string smt2_of(const Json& answer) {
    std::string text;
    for (const Json& one : member(answer, "verdicts")) {
        if (!text.empty()) text += "(reset)\n";
        const Json& smt2 = member(one, "smt2");
        if (smt2.is_string()) text += escaped(smt2.get<std::string>());
    }
    return text;
}

Exit ask_gate(const Session& session, Api& api, const Json& request) {
    const bool smt2 = session.globals().output == "smt2";
    auto answer = api.post(smt2 ? "/v1/gate?smt2=true" : "/v1/gate", request, {});
    if (!answer) {
        Error failure = answer.error();
        if (failure.code == Code::UnknownOutcome) failure.code = Code::Unavailable;  // nothing is written here
        return session.fail(failure);
    }
    if (!answer->ok()) return session.refuse(*answer, request);
    session.show(answer->body,
                 [&] { return smt2 ? smt2_of(answer->body) : render_gate(answer->body, request, session.view()); });
    if (flag(answer->body, "passed")) return Exit::Done;
    session.say("BREAK: the gate says no; mend: see the remedies above");
    return Exit::Break;
}

}  // namespace

Exit send_request(const Session& session, Ask ask, Json request) {
    auto api = session.api();
    if (!api) return session.fail(api.error());
    if (!request.contains("target")) {
        auto target = session.target(*api);
        if (!target) return session.fail(target.error());
        if (!target->empty()) request["target"] = *target;
    }
    if (ask == Ask::Gate) return ask_gate(session, *api, request);

    const Globals& globals = session.globals();
    std::string path = request.contains("actions") ? "/v1/cycles" : "/v1/actions";
    if (globals.dry_run) path += "?dry_run=true";
    std::string key = globals.idempotency_key;
    if (key.empty() && !globals.dry_run) key = fresh_key();
    if (::isatty(STDERR_FILENO) == 1 && !session.structured()) session.say("turning the helix ...");
    const auto answer = post_write(*api, path, request, key, [&](const std::string& what) { session.say(what); });
    if (!answer) return session.fail(answer.error());
    return answer->ok() ? show_receipt(session, *answer, key) : session.refuse(*answer, request);
}

}  // namespace helix::cli
