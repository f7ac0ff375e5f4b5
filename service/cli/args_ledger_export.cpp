#include <csignal>
#include <iostream>

#include <CLI/CLI.hpp>

#include "domain/ledger/digest.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/progress.hpp"
#include "service/cli/service_source.hpp"
#include "service/usecases/export_ledger.hpp"

namespace helix::cli {
namespace {

struct ExportArgs {
    std::string file;
    std::string git;
    std::string ledger;
    std::optional<std::uint64_t> from;
};

const std::string& place_of(const ExportArgs& args) {
    return args.git.empty() ? args.file : args.git;
}

volatile std::sig_atomic_t interrupted = 0;

/// Lets ^C end the work at the next record, with nothing half done.
void catch_interrupts() {
    interrupted = 0;
    const auto note = [](int /*number*/) { interrupted = 1; };
    std::signal(SIGINT, note);
    std::signal(SIGTERM, note);
}

/// Lines on stdout; it never held any.
class StdoutSink final : public ports::RecordSink {
public:
    [[nodiscard]] std::optional<ledger::Head> head() const override { return std::nullopt; }

    Result<void> append(const ledger::Record& /*record*/, std::string_view text) override {
        std::cout << text << '\n';
        return state();
    }

    Result<void> finish() override {
        std::cout.flush();
        return state();
    }

private:
    static Result<void> state() {
        if (std::cout) return {};
        return error(Code::Unavailable, "stdout was closed before the last record");
    }
};

LedgerPlaces::Source open_source(const Session& session, const LedgerPlaces& places, const std::string& where) {
    if (!where.empty()) return places.open(where);
    auto api = session.api();
    if (!api) return std::move(api).error();
    return LedgerPlaces::Source(std::make_unique<ServiceSource>(*std::move(api)));
}

LedgerPlaces::Sink open_sink(const LedgerPlaces& places, const ExportArgs& args) {
    if (args.file == "-") return LedgerPlaces::Sink(std::make_unique<StdoutSink>());
    auto sink = args.git.empty() ? places.continue_file(args.file) : places.continue_git(args.git);
    if (sink && args.from.value_or(0) > 0 && !(*sink)->head())
        return error(Code::NotFound, "there is no export to be continued", "leave --from out for a whole one",
                     place_of(args));
    return sink;
}

std::string head_text(const ledger::Head& head) {
    return std::to_string(head.seq) + ":" + ledger::to_hex(head.hash);
}

Exit conclude(const Session& session, const ExportArgs& args, const usecases::ExportReport& done) {
    const std::string summary = std::to_string(done.records) + (done.records == 1 ? " record" : " records");
    if (args.file == "-") {
        session.say("exported " + summary + (done.head ? "; head: " + head_text(*done.head) : std::string()));
        return Exit::Done;
    }
    Json report = {{"ok", true}, {"records", done.records}, {"to", place_of(args)}};
    if (done.head) report["head"] = {{"seq", done.head->seq}, {"hash", ledger::to_hex(done.head->hash)}};
    session.show(report, [&] {
        return session.view().style.paint(Paint::Green, "ok") + "  " + summary + " appended to " + place_of(args) +
               "\n" + (done.head ? "  head: " + head_text(*done.head) + "\n" : std::string());
    });
    return Exit::Done;
}

Exit export_records(const Session& session, const LedgerPlaces& places, const ExportArgs& args) {
    if (args.file.empty() == args.git.empty())
        return session.fail(error(Code::InvalidArgument, "where to?", "name a FILE (- is stdout), or --git DIR"));
    if (!places.open || !places.continue_file || !places.continue_git)
        return session.fail(error(Code::Unimplemented, "this build cannot write ledger files"));
    const auto source = open_source(session, places, args.ledger);
    if (!source) return session.fail(source.error());
    const auto sink = open_sink(places, args);
    if (!sink) return session.fail(sink.error());
    const auto last = (*source)->last_seq();
    if (!last) return session.fail(last.error());
    const auto held = (*sink)->head();
    const std::uint64_t begin = held ? held->seq + 1 : args.from.value_or(0);
    catch_interrupts();
    Result<usecases::ExportReport> done = error(Code::Internal, "");
    {
        Progress progress("exported", *last ? std::optional(**last + 1 - std::min(begin, **last + 1)) : std::nullopt);
        const auto tell = [&](std::uint64_t seq) { return progress.at(seq + 1 - begin), interrupted == 0; };
        done = usecases::export_ledger(**source, **sink, places.sha256, args.from, tell);
    }
    return done ? conclude(session, args, *done) : session.fail(done.error());
}

}  // namespace

void add_ledger_export(CLI::App& ledger, Invocation& invocation) {
    CLI::App* command =
        ledger.add_subcommand("export", "Copy the ledger to where it can be checked without the service")
            ->fallthrough();
    const auto args = std::make_shared<ExportArgs>();
    command
        ->add_option("file", args->file,
                     "JSON Lines, a record each; a file that is there is continued, never replaced; - is stdout")
        ->type_name("FILE");
    command
        ->add_option("--git", args->git, "Instead of FILE: a bare git repository, one commit a record on branch main")
        ->type_name("DIR");
    command->add_option("--ledger", args->ledger,
                        "Read this database or export offline, instead of asking the service");
    command->add_option("--from", args->from, "The first seq to be copied: what FILE holds must end right before it")
        ->type_name("SEQ");
    command->callback([&invocation, args] {
        invocation.command = [args, &invocation](const Session& session) {
            return export_records(session, invocation.service.ledgers, *args);
        };
    });
}

}  // namespace helix::cli
