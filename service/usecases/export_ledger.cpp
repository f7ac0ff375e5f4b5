#include "service/usecases/export_ledger.hpp"

#include <string>

#include "service/wire/record_json.hpp"

namespace helix::usecases {
namespace {

using ledger::Head;
using ports::FoundRecord;

constexpr std::uint64_t kProgressEvery = 256;

std::string seq_text(std::uint64_t seq) {
    return "seq " + std::to_string(seq);
}

/// Takes records one by one: first the one that the sink ends with, then those to be copied.
class Copier {
public:
    Copier(ports::RecordSink& sink, ledger::Sha256 sha256, std::uint64_t begin) : sink_(sink), sha256_(sha256) {
        if (sink.head()) {
            tip_ = sink.head();
            report.head = tip_;
        } else {
            begin_ = begin;
        }
    }

    Result<void> take(const FoundRecord& found) {
        if (tip_) return take_tip(found);
        if (!found.complaint.empty()) return broken(next_seq(), std::string(found.complaint));
        const ledger::Record& record = found.record;
        if (!report.head && begin_ > 0) report.head = Head{begin_ - 1, record.prev_hash};
        ledger::ChainChecker checker(std::nullopt, report.head);
        const auto digest = wire::recompute(record, sha256_, scratch_);
        checker.next(record, digest ? std::optional(*digest) : std::nullopt);
        if (const auto bad = checker.finish()) return broken(bad->seq, std::string(to_string(bad->fault)));
        const auto text = wire::record_text(record);
        if (!text) return text.error();
        if (auto appended = sink_.append(record, *text); !appended) return appended;
        report.head = checker.head();
        ++report.records;
        return {};
    }

    /// Whether the record that the sink ends with was never met.
    [[nodiscard]] const std::optional<Head>& tip() const { return tip_; }

    ExportReport report;

private:
    [[nodiscard]] std::uint64_t next_seq() const { return report.head ? report.head->seq + 1 : begin_; }

    static Error broken(std::uint64_t seq, const std::string& why) {
        return error(Code::DataLoss, "the ledger does not hold at " + seq_text(seq) + ": " + why,
                     "see `helix ledger verify`; what was exported before is left as it was", seq_text(seq));
    }

    /// The ledger must still have the record that the sink ends with.
    Result<void> take_tip(const FoundRecord& found) {
        const Head tip = *tip_;
        tip_.reset();
        if (!found.complaint.empty()) return broken(tip.seq, std::string(found.complaint));
        if (found.record.seq == tip.seq && found.record.hash == tip.hash) return {};
        return error(
            Code::DataLoss,
            "history differs: the ledger's " + seq_text(tip.seq) + " is not the record that was exported before",
            "keep the old export as evidence, and export into a new place", seq_text(tip.seq));
    }

    ports::RecordSink& sink_;
    ledger::Sha256 sha256_;
    std::uint64_t begin_ = 0;
    std::optional<Head> tip_;  ///< to be met first
    std::string scratch_;
};

}  // namespace

Result<ExportReport> export_ledger(ports::RecordSource& source, ports::RecordSink& sink, ledger::Sha256 sha256,
                                   std::optional<std::uint64_t> from_seq, const VerifyProgress& progress) {
    const auto held = sink.head();
    if (held && from_seq && *from_seq != held->seq + 1)
        return error(Code::InvalidArgument,
                     "what was exported before ends with " + seq_text(held->seq) + ", that is continued by " +
                         seq_text(held->seq + 1),
                     "leave --from out to continue it", "--from");
    Copier copier(sink, sha256, from_seq.value_or(0));
    Result<void> copied;
    bool stopped = false;
    const auto scanned = source.scan(held ? held->seq : from_seq.value_or(0), [&](const FoundRecord& found) {
        copied = copier.take(found);
        const std::uint64_t done = copier.report.records;
        stopped = copied && done > 0 && done % kProgressEvery == 0 && progress && !progress(copier.report.head->seq);
        return copied && !stopped;
    });
    if (!copied) return copied.error();
    if (!scanned) return scanned.error();
    if (stopped) return error(Code::DeadlineExceeded, "stopped after " + seq_text(copier.report.head->seq));
    if (copier.tip())
        return error(
            Code::DataLoss,
            "history differs: the ledger ends before " + seq_text(copier.tip()->seq) + ", which was exported before",
            "keep the old export as evidence, and export into a new place", seq_text(copier.tip()->seq));
    if (auto finished = sink.finish(); !finished) return finished.error();
    return copier.report;
}

}  // namespace helix::usecases
