#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/printable.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::cli {
namespace {

struct LedgerArgs {
    std::string from;
    std::string kind;
    std::string output;
    std::uint64_t seq = 0;
    std::size_t limit = 20;
    bool oldest_first = false;
};

Exit list_records(const Session& session, const LedgerArgs& args) {
    std::string path = std::string("/v1/ledger?order=") + (args.oldest_first ? "asc" : "desc");
    if (!args.kind.empty()) path += "&kind=" + url_encoded(args.kind);
    if (!session.globals().target.empty()) path += "&target=" + url_encoded(session.globals().target);
    return session.list(args.from.empty() ? path : path + "&from=" + url_encoded(args.from),
                        args.from.empty() ? "from" : nullptr, args.limit, render_ledger);
}

/// Verifies the certificate in `file`: alone, or wherever it is in a verdict, receipt, problem or ledger record.
const Json* find_certificate(const Json& value, int depth = 0) {
    if (value.is_object() && value.contains("digest") && value.contains("units") && value.contains("gamma1"))
        return &value;
    if (depth > 12 || !value.is_structured()) return nullptr;
    for (const Json& one : value)
        if (const Json* found = find_certificate(one, depth + 1)) return found;
    return nullptr;
}

/// What `helix verify certificate` was told.
struct CertificateArgs {
    std::string file;
    bool lean = false;
    std::string lean_file;  ///< empty: beside the file

    [[nodiscard]] std::string theorem() const {
        if (!lean_file.empty()) return lean_file;
        return file == "-" ? "certificate.lean" : file + ".lean";
    }
};

Exit verify_certificate(const Session& session, const ServiceCommands& service, const CertificateArgs& args) {
    const std::string& file = args.file;
    const auto content = read_input(file);
    if (!content) return session.fail(content.error());
    if (!service.verify_certificate)
        return session.fail(error(Code::Unimplemented, "this build cannot verify certificates"));
    const auto document = wire::parse_json(*content, {.depth = 256, .bytes = content->size() + 1});
    if (!document) {
        const Error& why = document.error();
        session.fail(error(why.code, why.message, why.mend, file + ": " + why.where));
        return Exit::Unverified;
    }
    const Json* inside = find_certificate(*document);
    if (inside == nullptr) {
        session.fail(error(Code::InvalidArgument, "there is no certificate in it", "see the schema Certificate", file));
        return Exit::Unverified;
    }
    const auto verified = service.verify_certificate(inside->dump());
    if (!verified) {
        Error failure = verified.error();
        if (failure.where.empty()) failure.where = file;
        session.fail(failure);
        return Exit::Unverified;
    }
    Json shown = {{"ok", true},
                  {"passed", flag(*inside, "passed")},
                  {"why", text(*inside, "why")},
                  {"digest", text(*inside, "digest")}};
    if (args.lean) {
        if (!service.prove_certificate)
            return session.fail(error(Code::Unimplemented, "this build cannot render theorems"));
        const auto said = service.prove_certificate(inside->dump(), args.theorem());
        if (!said) {
            session.fail(said.error());
            return Exit::Unverified;
        }
        shown["lean"] = *said;
    }
    session.show(shown, [&] {
        return session.view().style.paint(Paint::Green, "ok") + "  the certificate holds: it says " +
               (flag(*inside, "passed") ? "PASS" : "BREAK") + " (" + text(*inside, "why") + "), digest " +
               text(*inside, "digest") + "\n" + (args.lean ? "    " + printable(text(shown, "lean")) + "\n" : "");
    });
    return Exit::Done;
}

}  // namespace

void add_ledger_commands(CLI::App& app, Invocation& invocation) {
    CLI::App* ledger = app.add_subcommand("ledger", "The append-only record")->fallthrough()->require_subcommand(1);
    const auto args = std::make_shared<LedgerArgs>();

    CLI::App* list = ledger->add_subcommand("list", "Records, newest first")->fallthrough();
    list->add_option("--from", args->from, "Start at this seq; one page");
    list->add_option("--kind", args->kind, "Only this kind, like helix.cycle");
    list->add_option("--limit", args->limit, "At most so many (default 20)")->check(CLI::Range(1, 10'000'000));
    list->add_flag("--oldest-first", args->oldest_first, "By ascending seq");
    list->callback([&invocation, args] {
        invocation.command = [args](const Session& session) { return list_records(session, *args); };
    });

    CLI::App* show = ledger->add_subcommand("show", "One record")->fallthrough();
    show->add_option("seq", args->seq, "Its seq")->required()->type_name("SEQ");
    show->add_option(
            "-o,--output", args->output,
            "table, wide, json, yaml; dsse: a signed in-toto attestation; dsse-test-result: one of its verdicts")
        ->check(CLI::IsMember({"table", "wide", "json", "yaml", "dsse", "dsse-test-result"}));
    show->callback([&invocation, args] {
        const bool envelope = args->output.starts_with("dsse");
        if (!args->output.empty()) invocation.globals.output = envelope ? "json" : args->output;
        invocation.command = [args, envelope](const Session& session) {
            const std::string path = "/v1/ledger/" + std::to_string(args->seq);
            return session.list(envelope ? path + "?format=" + args->output : path, nullptr, 0, render_record);
        };
    });

    add_ledger_verify(*ledger, invocation);
    add_ledger_export(*ledger, invocation);
    add_ledger_view(*ledger, invocation);

    CLI::App* check =
        app.add_subcommand("verify", "Check offline what the service handed out")->fallthrough()->require_subcommand(1);
    CLI::App* certificate =
        check->add_subcommand("certificate", "Re-check a verdict's certificate with integer arithmetic")->fallthrough();
    const auto told = std::make_shared<CertificateArgs>();
    certificate->add_flag("--lean", told->lean,
                          "Also as a Lean 4 theorem, checked where there is a Lean (LEAN, or PATH)");
    certificate->add_option("--lean-file", told->lean_file,
                            "Where to write it; default: beside FILE, with .lean added");
    certificate
        ->add_option("file", told->file,
                     "JSON: the certificate, or a verdict, receipt or record with one; - reads stdin")
        ->required()
        ->type_name("FILE");
    certificate->callback([&invocation, told] {
        invocation.command = [&invocation, told](const Session& session) {
            return verify_certificate(session, invocation.service, *told);
        };
    });
}

}  // namespace helix::cli
