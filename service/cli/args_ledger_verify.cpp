#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"
#include "service/cli/humanize.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/ledger_trust.hpp"
#include "service/cli/progress.hpp"
#include "service/cli/service_source.hpp"
#include "service/cli/waiting.hpp"
#include "service/usecases/verify_ledger.hpp"

namespace helix::cli {
namespace {

struct VerifyArgs {
    std::string file;
    std::string git;
    std::string remembered;
    TrustFlags trust;
};

Result<std::optional<ledger::Head>> read_head(const std::string& written) {
    if (written.empty()) return std::optional<ledger::Head>();
    const std::size_t colon = written.find(':');
    ledger::Head head;
    const char* end = written.data() + std::min(colon, written.size());
    const auto [stopped, failure] = std::from_chars(written.data(), end, head.seq);
    if (colon == std::string::npos || failure != std::errc{} || stopped != end ||
        !ledger::from_hex(std::string_view(written).substr(colon + 1), head.hash))
        return error(Code::InvalidArgument, "not a head: " + written, "write SEQ:HASH, as verify prints it",
                     "--remembered");
    return std::optional(head);
}

Exit conclude(const Session& session, const Json& report) {
    session.show(report, [&] { return render_report(report, session.view()); });
    if (flag(report, "ok")) return Exit::Done;
    if (text(report, "fault_kind") == "tree-node") {
        session.say(text(report, "fault") + "; mend: empty the table tree_nodes, it is made again");
        return Exit::TreeNode;
    }
    if (const std::string mend = text(report, "mend"); !mend.empty())
        session.say(text(report, "fault") + "; mend: " + mend);
    else
        session.say("the ledger does not hold (seq " + text(report, "first_bad_seq") +
                    "); mend: compare with a copy, nothing mends history");
    return exit_of_fault(text(report, "fault_kind"));
}

/// How long the service may take to verify so many records, in seconds: what any answer may take, and far more than the
/// slowest machine needs for them.
int verify_timeout_s(int timeout_s, std::uint64_t records) {
    constexpr std::uint64_t kRecordsPerSecondLeast = 20'000;
    constexpr std::uint64_t kMax_s = 86'400;
    return timeout_s + static_cast<int>(std::min(records / kRecordsPerSecondLeast, kMax_s));
}

/// GETs the report, which the service begins to send when it has read the whole ledger.
Result<Answer> ask_for_report(const Api& api, const std::string& path) {
    const auto last = ServiceSource(api).last_seq();
    const std::uint64_t records = last && *last ? **last + 1 : 0;  // what is wrong is for the report to say
    Endpoint patient = api.endpoint();
    patient.timeout_s = verify_timeout_s(patient.timeout_s, records);
    auto opened = Api::open(std::move(patient));
    if (!opened) return std::move(opened).error();
    const Waiting waiting((records > 0 ? human_count(records) + " records are" : "the ledger is") +
                          std::string(" verified by the service"));
    return opened->get(path);
}

Exit verify_through_service(const Session& session, const ServiceCommands& service, const Trust& trust,
                            const std::optional<ledger::Head>& remembered) {
    std::string path = "/v1/ledger/verify";
    if (remembered)
        path += "?remembered_seq=" + std::to_string(remembered->seq) +
                "&remembered_hash=" + ledger::to_hex(remembered->hash);
    auto api = session.api();
    if (!api) return session.fail(api.error());
    const auto answer = ask_for_report(*api, path);
    if (!answer) return session.fail(answer.error());
    if (!answer->ok()) {
        const Exit code = session.refuse(*answer);
        return answer->problem_type() == "unimplemented" ? Exit::NewerFormat : code;
    }
    Json report = answer->body;
    // One report about all of it: nothing is called whole before the evidence was heard, too.
    if (flag(report, "ok") && (trust.tree || trust.keys))
        if (const Exit heard = check_history(session, service, trust, report); heard != Exit::Done) return heard;
    return conclude(session, report);
}

/// Tells a ledger with fewer records than its checkpoint as it is told through the service: of another tree. That no
/// record stands where it ends is not seen from the ledger, but from the checkpoint alone.
void tell_shorter(usecases::LedgerReport& report, const Trust& trust) {
    const std::uint64_t good = report.head ? report.head->seq + 1 : 0;
    const bool ended = report.bad == ledger::BadRecord{good, ledger::Fault::Missing} && report.records == good;
    if (!ended || !trust.tree || trust.tree->size <= good) return;
    report.bad->fault = ledger::Fault::OtherTree;
    report.why = "seq " + std::to_string(good) + ": " + shorter_than_checkpoint(std::to_string(trust.tree->size));
}

Exit verify_source(const Session& session, ports::RecordSource& source, ledger::Sha256 sha256, const Trust& trust,
                   const std::optional<ledger::Head>& remembered) {
    const auto last = source.last_seq();
    if (!last) return session.fail(last.error());
    Result<usecases::LedgerReport> report = error(Code::Internal, "");
    {
        Progress progress("verified", *last ? std::optional(**last + 1) : std::nullopt);
        const auto tell = [&](std::uint64_t done) { return progress.at(done), true; };
        report = usecases::verify_records(source, sha256, tell, remembered, trust.evidence());
    }
    if (!report) return fail_reading(session, report.error());
    if (report->records == 0 && report->whole())
        return session.fail(error(Code::PreconditionFailed, "there is not one record: no ledger", "check the path"));
    tell_shorter(*report, trust);
    Json shown = usecases::to_json(*report);
    if (report->whole() && trust.tree) tell_checkpoint(shown, trust.tree->size, trust.checkpoint_key);
    return conclude(session, shown);
}

Exit verify(const Session& session, const ServiceCommands& service, const VerifyArgs& args) {
    const LedgerPlaces& places = service.ledgers;
    Exit failed = Exit::Done;
    const auto trust = read_trust(session, service, args.trust, failed);
    if (!trust) return failed;
    const auto remembered = read_head(args.remembered);
    if (!remembered) return session.fail(remembered.error());
    if (args.file.empty() && args.git.empty()) return verify_through_service(session, service, *trust, *remembered);
    if (!places.open || !places.open_git)
        return session.fail(
            error(Code::Unimplemented, "this build cannot read ledger files", "ask the service: helix ledger verify"));
    const auto source = args.git.empty() ? places.open(args.file) : places.open_git(args.git);
    return source ? verify_source(session, **source, places.sha256, *trust, *remembered)
                  : fail_reading(session, source.error());
}

}  // namespace

void add_ledger_verify(CLI::App& ledger, Invocation& invocation) {
    CLI::App* command = ledger.add_subcommand("verify", "Walk the whole chain and say whether it holds")->fallthrough();
    const auto args = std::make_shared<VerifyArgs>();
    command
        ->add_option(
            "file", args->file,
            "A ledger's database or an exported ledger, read offline; - reads an export from stdin; without it "
            "the service is asked")
        ->type_name("FILE");
    command
        ->add_option("--git", args->git,
                     "A git export, or a clone of it: also that each commit is the one its record gives")
        ->type_name("DIR")
        ->excludes("file");
    command->add_option("--remembered", args->remembered,
                        "SEQ:HASH of a head written down earlier; finds a tail cut off");
    command
        ->add_option("--checkpoint", args->trust.checkpoint_file,
                     "A checkpoint kept from earlier; finds a history that was rewritten")
        ->type_name("FILE");
    command
        ->add_option("--keys", args->trust.keys_file,
                     "Public keys to check signatures with: of records read offline, of the service's and of the given "
                     "checkpoint")
        ->type_name("FILE");
    command->callback([&invocation, args] {
        invocation.command = [args, &invocation](const Session& session) {
            return verify(session, invocation.service, *args);
        };
    });
}

}  // namespace helix::cli
