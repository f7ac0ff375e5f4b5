#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"
#include "service/cli/json_view.hpp"

namespace helix::cli {
namespace {

struct OutboxArgs {
    std::string name;
    std::vector<std::uint64_t> seqs;
    std::size_t limit = 100;
};

std::string letters_path(const OutboxArgs& args) {
    return "/v1/outbox/" + url_encoded(args.name) + "/dead-letters";
}

Exit resend(const Session& session, const OutboxArgs& args) {
    auto api = session.api();
    if (!api) return session.fail(api.error());
    Json asked = {{"items", Json::array()}};
    for (const std::uint64_t seq : args.seqs) {
        auto answer = api->post(letters_path(args) + "/" + std::to_string(seq) + "/resend", Json::object(), {});
        if (!answer) {
            Error failure = answer.error();  // asking twice does no harm: nothing stays in doubt
            if (failure.code == Code::UnknownOutcome) failure.code = Code::Unavailable;
            return session.fail(failure);
        }
        if (!answer->ok()) return session.refuse(*answer);
        asked["items"].push_back(std::move(answer->body));
    }
    session.show(asked, [&] { return render_dead_letters(asked, session.view()); });
    return Exit::Done;
}

}  // namespace

void add_outbox_commands(CLI::App& app, Invocation& invocation) {
    CLI::App* outbox = app.add_subcommand("outbox", "Events on their way out")->fallthrough()->require_subcommand(1);
    const auto args = std::make_shared<OutboxArgs>();

    CLI::App* list =
        outbox->add_subcommand("list", "The destinations, and how far each has come along the ledger")->fallthrough();
    list->callback([&invocation] {
        invocation.command = [](const Session& session) {
            return session.list("/v1/outbox", nullptr, 0, render_outbox);
        };
    });

    CLI::App* letters =
        outbox->add_subcommand("dead-letters", "The events that were given up for a destination")->fallthrough();
    letters->add_option("destination", args->name, "Its name")->required()->type_name("NAME");
    letters->add_option("--limit", args->limit, "At most so many (default 100)")->check(CLI::Range(1, 10'000'000));
    letters->callback([&invocation, args] {
        invocation.command = [args](const Session& session) {
            return session.list(letters_path(*args), "from", args->limit, render_dead_letters);
        };
    });

    CLI::App* again = outbox->add_subcommand("resend", "Have dead letters sent once more")->fallthrough();
    again->add_option("destination", args->name, "Its name")->required()->type_name("NAME");
    again->add_option("seq", args->seqs, "The seqs of their records")->required()->type_name("SEQ");
    again->callback([&invocation, args] {
        invocation.command = [args](const Session& session) { return resend(session, *args); };
    });
}

}  // namespace helix::cli
