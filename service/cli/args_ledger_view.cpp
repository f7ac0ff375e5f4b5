#include <charconv>

#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"
#include "service/cli/json_view.hpp"
#include "service/usecases/find_records.hpp"
#include "service/wire/record_json.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::cli {
namespace {

struct ViewArgs {
    std::string file;
    std::optional<std::uint64_t> seq;
    std::optional<std::uint64_t> from;
    std::string kind, actor, since, until;
    std::size_t limit = 20;
    bool oldest_first = false;
};

constexpr std::int64_t kSecond_us = 1'000'000;

/// "90s", "15m", "2h" or "7d" in microseconds; none when it is no such thing.
std::optional<std::int64_t> read_age(std::string_view written) {
    std::int64_t count = 0;
    const char* end = written.data() + written.size();
    const auto [stopped, failure] = std::from_chars(written.data(), end, count);
    if (failure != std::errc{} || end - stopped != 1 || count < 0 || count > 1'000'000'000) return std::nullopt;
    switch (*stopped) {
        case 's':
            return count * kSecond_us;
        case 'm':
            return count * 60 * kSecond_us;
        case 'h':
            return count * 3600 * kSecond_us;
        case 'd':
            return count * 86400 * kSecond_us;
        default:
            return std::nullopt;
    }
}

/// A time, a day, or an age before now.
Result<std::optional<std::int64_t>> read_time(const std::string& written, std::int64_t now_us, const char* option) {
    if (written.empty()) return std::optional<std::int64_t>();
    if (const auto age = read_age(written)) return std::optional(now_us - *age);
    const auto at_us = wire::from_rfc3339(written.size() == 10 ? written + "T00:00:00Z" : written);
    if (at_us) return std::optional(*at_us);
    return error(Code::InvalidArgument, "not a time: " + written,
                 "write 2026-11-21T03:04:05Z, 2026-11-21, or an age like 90s, 15m, 2h, 7d", option);
}

Exit view_one(const Session& session, ports::RecordSource& source, ledger::Sha256 sha256, std::uint64_t seq) {
    const auto json = usecases::find_record(source, seq, sha256).and_then([](ledger::Record&& record) {
        return wire::to_json(record);
    });
    if (!json) return session.fail(json.error());
    session.show(*json, [&] { return render_record(*json, session.view()); });
    return Exit::Done;
}

Exit view_page(const Session& session, ports::RecordSource& source, ledger::Sha256 sha256, const ViewArgs& args) {
    const std::int64_t now_us = session.view().now_us;
    const auto since = read_time(args.since, now_us, "--since");
    if (!since) return session.fail(since.error());
    const auto until = read_time(args.until, now_us, "--until");
    if (!until) return session.fail(until.error());
    const usecases::RecordQuery query{args.from,  args.limit, args.kind, session.globals().target,
                                      args.actor, *since,     *until,    !args.oldest_first};
    auto found = usecases::find_records(source, query, sha256);
    if (!found) return session.fail(found.error());
    Json page = {{"items", Json::array()}, {"next", found->next ? Json(*found->next) : Json()}};
    for (const ledger::Record& record : found->records) {
        auto item = wire::to_json(record);
        if (item)
            page["items"].push_back(*std::move(item));
        else
            found->complaints.push_back("seq " + std::to_string(record.seq) + ": " + item.error().message);
    }
    session.show(page, [&] { return render_ledger(page, session.view()); });
    for (const std::string& complaint : found->complaints) session.say(complaint);
    if (found->complaints.empty()) return Exit::Done;
    const bool only_cut = found->cut && found->complaints.size() == 1;  // what is before the cut holds
    return only_cut ? Exit::Cut : Exit::Unverified;
}

Exit view(const Session& session, const LedgerPlaces& places, const ViewArgs& args) {
    if (!places.open) return session.fail(error(Code::Unimplemented, "this build cannot read ledger files"));
    const auto source = places.open(args.file);
    if (!source) return session.fail(source.error());
    if (args.seq) return view_one(session, **source, places.sha256, *args.seq);
    return view_page(session, **source, places.sha256, args);
}

}  // namespace

void add_ledger_view(CLI::App& ledger, Invocation& invocation) {
    CLI::App* command =
        ledger.add_subcommand("view", "Look into an exported ledger, or a ledger's file, offline")->fallthrough();
    const auto args = std::make_shared<ViewArgs>();
    command->add_option("file", args->file, "An exported ledger or a ledger's database; - reads an export from stdin")
        ->required()
        ->type_name("FILE");
    command->add_option("--seq", args->seq, "This record, with all that it holds")->type_name("SEQ");
    command->add_option("--from", args->from, "Start at this seq")->type_name("SEQ");
    command->add_option("--kind", args->kind, "Only this kind, like helix.cycle");
    command->add_option("--actor", args->actor, "Only what this one asked for");
    command->add_option("--since", args->since, "Not before this time: RFC 3339, a day, or an age like 2h");
    command->add_option("--until", args->until, "Before this time");
    command->add_option("--limit", args->limit, "At most so many (default 20)")->check(CLI::Range(1, 10'000'000));
    command->add_flag("--oldest-first", args->oldest_first, "By ascending seq");
    command->callback([&invocation, args] {
        invocation.command = [args, &invocation](const Session& session) {
            return view(session, invocation.service.ledgers, *args);
        };
    });
}

}  // namespace helix::cli
