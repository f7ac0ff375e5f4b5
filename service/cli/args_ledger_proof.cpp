#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/ledger_trust.hpp"
#include "service/usecases/record_proof.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::cli {
namespace {

struct ProofArgs {
    std::uint64_t seq = 0;
    std::uint64_t size = 0;
    std::string file;
    TrustFlags trust;
};

Exit print_checkpoint(const Session& session) {
    auto api = session.api();
    if (!api) return session.fail(api.error());
    const auto answer = api->get("/v1/ledger/checkpoint");
    if (!answer) return session.fail(answer.error());
    if (!answer->ok()) return session.refuse(*answer);
    const std::string note = answer->body.is_string() ? answer->body.get<std::string>() : std::string();
    session.show({{"checkpoint", note}}, [&] { return render_note(note); });
    return Exit::Done;
}

Exit print_proof(const Session& session, const ProofArgs& args) {
    std::string path = "/v1/ledger/" + std::to_string(args.seq) + "/proof";
    if (args.size > 0) path += "?size=" + std::to_string(args.size);
    return session.list(path, nullptr, 0, render_proof);
}

/// Checks one record, its proof and checkpoint; nothing but the files is asked.
Exit verify_proof(const Session& session, const ServiceCommands& service, const ProofArgs& args) {
    Exit failed = Exit::Done;
    const auto trust = read_trust(session, service, args.trust, failed);
    if (!trust) return failed;
    const auto content = read_input(args.file);
    if (!content) return fail_evidence(session, content.error());
    const auto document = wire::parse_json(*content, {.depth = 256, .bytes = content->size() + 1});
    auto proof =
        document ? usecases::record_proof_from_json(*document) : Result<usecases::RecordProof>(document.error());
    if (!proof) {
        Error failure = proof.error();
        failure.where = args.file + (failure.where.empty() ? "" : ": " + failure.where);
        if (failure.mend.empty()) failure.mend = "it is what helix ledger proof SEQ -o json prints";
        return fail_evidence(session, failure);
    }
    const auto report = usecases::check_proof(*proof, trust->ring(), trust->checkpoint, service.ledgers.sha256);
    if (!report) return fail_evidence(session, report.error());
    const Json shown = usecases::to_json(*report);
    session.show(shown, [&] { return render_proof_report(shown, session.view()); });
    if (!report->fault) return Exit::Done;
    session.say(report->why + "; mend: do not rely on it");
    return exit_of_fault(ledger::name_of(*report->fault));
}

void add_trust_flags(CLI::App& command, TrustFlags& flags, const char* checkpoint) {
    command
        .add_option("--keys", flags.keys_file, "Public keys, as helix ledger keys prints them; signatures are checked")
        ->type_name("FILE");
    command.add_option("--checkpoint", flags.checkpoint_file, checkpoint)->type_name("FILE");
}

}  // namespace

void add_ledger_proof_commands(CLI::App& app, Invocation& invocation) {
    CLI::App* ledger = app.get_subcommand("ledger");
    const auto args = std::make_shared<ProofArgs>();

    ledger->add_subcommand("checkpoint", "The ledger's size and Merkle root, signed: keep it to find rewriting")
        ->fallthrough()
        ->callback([&invocation] { invocation.command = print_checkpoint; });
    ledger->add_subcommand("keys", "The public keys, one verifier string a line")
        ->fallthrough()
        ->callback([&invocation] {
            invocation.command = [](const Session& session) {
                return session.list("/v1/ledger/keys", nullptr, 0, render_keys);
            };
        });

    CLI::App* proof =
        ledger->add_subcommand("proof", "One record with the proof that it is in the ledger")->fallthrough();
    proof->add_option("seq", args->seq, "Its seq")->required()->type_name("SEQ");
    proof->add_option("--size", args->size, "In the tree of the first so many records; default all")->type_name("N");
    proof->callback([&invocation, args] {
        invocation.command = [args](const Session& session) { return print_proof(session, *args); };
    });

    CLI::App* check = app.get_subcommand("verify")
                          ->add_subcommand("proof", "Check offline that a record is in the ledger, and unchanged")
                          ->fallthrough();
    check->add_option("file", args->file, "What helix ledger proof SEQ -o json printed; - reads stdin")
        ->required()
        ->type_name("FILE");
    add_trust_flags(*check, args->trust, "A checkpoint got another way; the proof must be of its tree");
    check->callback([&invocation, args] {
        invocation.command = [args, &invocation](const Session& session) {
            return verify_proof(session, invocation.service, *args);
        };
    });
}

}  // namespace helix::cli
