#include "service/usecases/find_records.hpp"

#include <algorithm>

#include "service/wire/record_json.hpp"

namespace helix::usecases {
namespace {

using ledger::Record;
using ports::FoundRecord;

constexpr std::uint64_t kPiece = 1024;
constexpr std::size_t kComplaintsMax = 10;

bool matches(const Record& record, const RecordQuery& query) {
    return (query.kind.empty() || record.kind == query.kind) &&
           (query.target.empty() || record.target == query.target) &&
           (query.actor.empty() || record.actor == query.actor) &&
           (!query.since_us || record.at_us >= *query.since_us) && (!query.until_us || record.at_us < *query.until_us);
}

bool holds(const Record& record, ledger::Sha256 sha256, std::string& scratch) {
    const auto digest = wire::recompute(record, sha256, scratch);
    return digest && *digest == record.hash;
}

/// Takes what is found, and says what of it cannot be relied on.
class Collector {
public:
    Collector(const RecordQuery& query, ledger::Sha256 sha256) : query_(query), sha256_(sha256) {}

    void complain(std::string what) {
        if (page.complaints.size() < kComplaintsMax) page.complaints.push_back(std::move(what));
    }

    /// Adds the record to `records` when it matches.
    void take(const FoundRecord& found, std::vector<Record>& records) {
        page.cut = page.cut || found.cut;
        if (!found.complaint.empty()) return complain(std::string(found.complaint));
        if (!matches(found.record, query_)) return;
        if (!holds(found.record, sha256_, scratch_))
            complain("seq " + std::to_string(found.record.seq) + ": its bytes do not give its hash");
        records.push_back(found.record);
    }

    RecordPage page;

private:
    const RecordQuery& query_;
    ledger::Sha256 sha256_;
    std::string scratch_;
};

Result<RecordPage> upwards(ports::RecordSource& source, const RecordQuery& query, Collector collector) {
    auto& page = collector.page;
    const auto scanned = source.scan(query.from_seq.value_or(0), [&](const FoundRecord& found) {
        if (page.records.size() == query.limit) {
            page.next = page.records.back().seq + 1;
            return false;
        }
        collector.take(found, page.records);
        return true;
    });
    if (!scanned) return scanned.error();
    return std::move(page);
}

/// From `top` downwards, a piece of seqs at a time.
Result<RecordPage> downwards(ports::RecordSource& source, const RecordQuery& query, Collector collector,
                             std::uint64_t top) {
    auto& page = collector.page;
    for (std::uint64_t end = top + 1; end > 0;) {
        const std::uint64_t begin = end > kPiece ? end - kPiece : 0;
        std::vector<Record> piece;
        const auto scanned = source.scan(begin, [&](const FoundRecord& found) {
            if (found.complaint.empty() && found.record.seq >= end) return false;
            collector.take(found, piece);
            return true;
        });
        if (!scanned) return scanned.error();
        for (std::size_t i = piece.size(); i-- > 0;) {
            if (page.records.size() == query.limit) {
                page.next = page.records.back().seq - 1;
                return std::move(page);
            }
            page.records.push_back(std::move(piece[i]));
        }
        end = begin;
    }
    return std::move(page);
}

/// From a source that can be read once, and forwards only: the last ones are kept.
Result<RecordPage> downwards_once(ports::RecordSource& source, const RecordQuery& query, Collector collector) {
    auto& page = collector.page;
    const auto scanned = source.scan(0, [&](const FoundRecord& found) {
        if (found.complaint.empty() && query.from_seq && found.record.seq > *query.from_seq) return true;
        collector.take(found, page.records);
        if (page.records.size() >= 2 * query.limit + kPiece)  // seldom, so that each record is moved once or so
            page.records.erase(page.records.begin(), page.records.end() - static_cast<std::ptrdiff_t>(query.limit + 1));
        return true;
    });
    if (!scanned) return scanned.error();
    std::reverse(page.records.begin(), page.records.end());
    if (page.records.size() > query.limit) {
        page.records.resize(query.limit);
        page.next = page.records.back().seq - 1;
    }
    return std::move(page);
}

}  // namespace

Result<RecordPage> find_records(ports::RecordSource& source, const RecordQuery& query, ledger::Sha256 sha256) {
    if (!query.newest_first) return upwards(source, query, Collector(query, sha256));
    const auto last = source.last_seq();
    if (!last) return last.error();
    if (!*last) return downwards_once(source, query, Collector(query, sha256));
    return downwards(source, query, Collector(query, sha256), std::min(**last, query.from_seq.value_or(**last)));
}

Result<Record> find_record(ports::RecordSource& source, std::uint64_t seq, ledger::Sha256 sha256) {
    std::optional<Record> record;
    std::string cut;
    const auto scanned = source.scan(seq, [&](const FoundRecord& found) {
        if (found.cut) cut = "; " + std::string(found.complaint);
        if (!found.complaint.empty() || found.record.seq < seq) return true;
        if (found.record.seq == seq) record = found.record;
        return false;
    });
    if (record) {
        std::string scratch;
        if (holds(*record, sha256, scratch)) return *std::move(record);
        return error(Code::DataLoss, "seq " + std::to_string(seq) + ": its bytes do not give its hash",
                     "do not rely on it; see `helix ledger verify`", "seq " + std::to_string(seq));
    }
    if (!scanned) return scanned.error();
    return error(Code::NotFound, "no ledger record " + std::to_string(seq) + cut);
}

}  // namespace helix::usecases
