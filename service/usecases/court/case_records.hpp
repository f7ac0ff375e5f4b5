#pragma once

#include <string>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/ledger/record.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/usecases/court/case_file.hpp"
#include "service/usecases/ledger_writer.hpp"

/// What of a case is in the ledger, and how it is read back.
namespace helix::court {

inline constexpr const char* kCourtActor = "trendal-controller";
inline constexpr const char* kAlertKind = "evidence.falco";

/// The name of line `n` of the case `key`.
std::string line_name(const std::string& key, std::uint64_t n);

/// The next line of the case, and what it says.
class CaseRecords {
public:
    CaseRecords(usecases::LedgerWriter& writer, ports::LedgerStore& store, std::string target)
        : writer_(writer), store_(store), target_(std::move(target)) {}

    /// The trial begins: its clock runs from `at`. Errors: those of LedgerWriter::append; Conflict when somebody else
    /// wrote to this case (read it again).
    Result<void> open(CaseFile& file, Micros at, const ports::Fence& fence);
    /// The subject's pod template has changed: the clock begins anew at `at`.
    Result<void> renew(CaseFile& file, const std::string& revision, Micros at, const ports::Fence& fence);
    Result<void> note(CaseFile& file, const std::vector<trial::Journal::Line>& lines, const ports::Fence& fence);
    /// Falco did not watch these nodes, on which the subject had pods.
    Result<void> miss(CaseFile& file, const std::vector<std::string>& nodes, const ports::Fence& fence);
    /// The MECIPOL record; sets `closing`. A DENY files its SORRY with it.
    Result<void> close(CaseFile& file, Micros at, const ports::Fence& fence);
    Result<void> promoted(CaseFile& file, const Promotion& promotion, const ports::Fence& fence);

    /// Reads the case back. A case of which the ledger knows nothing is left as it is.
    Result<void> restore(CaseFile& file);

    /// Called with each record that was appended.
    void on_record(std::function<void(const ledger::Record&)> told) { told_ = std::move(told); }

private:
    Result<ledger::Record> append(CaseFile& file, const char* kind, std::string body, const ports::Fence& fence);

    usecases::LedgerWriter& writer_;
    ports::LedgerStore& store_;
    const std::string target_;
    std::function<void(const ledger::Record&)> told_ = [](const ledger::Record&) {};
};

/// Does to the case what the record says. Errors: DataLoss for a record that is not of the court.
Result<void> apply(CaseFile& file, const ledger::Record& record);

}  // namespace helix::court
