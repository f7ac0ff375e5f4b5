#include "service/cli/trial_client.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include <unistd.h>

#include "service/cli/json_view.hpp"
#include "service/cli/sse.hpp"

namespace helix::cli {
namespace {

constexpr std::chrono::milliseconds kBeforeReconnect{500};

/// Shows the explanation in place of the one before on a terminal, below it elsewhere; nothing that is shown already.
class LiveTree {
public:
    explicit LiveTree(const Session& session) : session_(session), terminal_(::isatty(STDOUT_FILENO) == 1) {}

    void show(const Json& explanation) {
        if (session_.structured()) {
            const std::string text = explanation.dump();
            if (text != shown_) session_.show(explanation, {});
            shown_ = text;
            return;
        }
        const std::string text = render_trial(explanation, session_.view());
        if (text == shown_) return;
        if (terminal_ && !shown_.empty())
            std::cout << "\x1b[" << std::count(shown_.begin(), shown_.end(), '\n') << "A\x1b[J";
        std::cout << text << std::flush;
        shown_ = text;
    }

private:
    const Session& session_;
    const bool terminal_;
    std::string shown_;
};

/// Nothing more comes by itself: there is a verdict, or the time is served without one.
bool is_over(const Json& explanation) {
    return flag(explanation, "final") || !text(explanation, "stalled").empty();
}

/// The trial's explanation; what went wrong is shown.
Result<Answer> explanation_of(const Session& session, Api& api, const TrialName& trial) {
    return api.get(trial_path(session, trial, "/explain"));
}

}  // namespace

std::string trial_path(const Session& session, const TrialName& trial, const std::string& below) {
    const std::string& target = session.globals().target;
    return "/v1/trials/" + url_encoded(trial.ns) + "/" + url_encoded(trial.name) + below +
           (target.empty() ? "" : "?target=" + url_encoded(target));
}

Result<TrialName> find_trial(const Session& session, Api& api, TrialName trial) {
    if (!trial.ns.empty()) return trial;
    const std::string& target = session.globals().target;
    const auto answer = api.get("/v1/trials?limit=1000" + (target.empty() ? "" : "&target=" + url_encoded(target)));
    if (!answer) return answer.error();
    if (!answer->ok()) {
        const Code code = answer->status == 404 ? Code::NotFound : Code::Unavailable;
        return error(code, text(answer->body, "detail"), text(answer->body, "mend"));
    }
    for (const Json& one : member(answer->body, "items")) {
        if (text(one, "name") != trial.name) continue;
        if (!trial.ns.empty())
            return error(Code::InvalidArgument, "several trials are called " + trial.name, "name the namespace: -n NS");
        trial.ns = text(one, "namespace");
    }
    if (trial.ns.empty())
        return error(Code::NotFound, "there is no trial " + trial.name, "see `pemos trial list`", trial.name);
    return trial;
}

Exit exit_of_verdict(const Json& trial) {
    if (!flag(trial, "final")) return Exit::NotFinal;
    const std::string verdict = text(trial, "verdict");
    if (verdict == "ADMIT") return Exit::Done;
    return verdict == "WATCH" ? Exit::Watch : Exit::Deny;
}

Exit beside_verdicts(Exit failure) {
    switch (failure) {
        case Exit::NotFound:
            return Exit::Usage;
        case Exit::Break:
        case Exit::Refused:
            return Exit::Internal;
        default:
            return failure;
    }
}

Exit trial_status(const Session& session, const TrialName& named, bool follow) {
    auto api = session.api();
    if (!api) return beside_verdicts(session.fail(api.error()));
    const auto trial = find_trial(session, *api, named);
    if (!trial) return beside_verdicts(session.fail(trial.error()));
    LiveTree tree(session);
    auto last = explanation_of(session, *api, *trial);
    if (!last) return beside_verdicts(session.fail(last.error()));
    if (!last->ok()) return beside_verdicts(session.refuse(*last));
    tree.show(last->body);
    if (!follow) return Exit::Done;
    const std::string stream = "/v1/stream?types=trial.phase,trial.verdict&snapshot=0";
    while (!is_over(last->body)) {
        // Each piece, also a comment that only shows that the stream lives, is an occasion to look.
        const auto ended = api->stream(stream, {}, [&](std::string_view) {
            last = explanation_of(session, *api, *trial);
            if (!last || !last->ok()) return false;
            tree.show(last->body);
            return !is_over(last->body);
        });
        if (!last) return beside_verdicts(session.fail(last.error()));
        if (!last->ok()) return beside_verdicts(session.refuse(*last));
        if (!ended) return beside_verdicts(session.fail(ended.error()));
        if (ended->status != 200) return beside_verdicts(session.refuse(*ended));
        if (!is_over(last->body)) std::this_thread::sleep_for(kBeforeReconnect);
    }
    return exit_of_verdict(last->body);
}

}  // namespace helix::cli
