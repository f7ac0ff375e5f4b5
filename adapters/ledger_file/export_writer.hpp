#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "adapters/durable_file/durable_file.hpp"
#include "domain/ledger/digest.hpp"
#include "service/ports/record_sink.hpp"

namespace helix::ledger_file {

/// Writes an export file (export_file.hpp), or continues one.
///
/// It is written beside its place and put there by `finish`: whoever looks sees the file as it was or as it is to be,
/// and a process that dies on the way leaves the old one. A link is followed, also one to a file that is not there yet.
/// A new file has mode 0600; one that is continued keeps its own.
class ExportWriter final : public ports::RecordSink {
public:
    /// Errors: InvalidArgument when `where` is something else than an export; DataLoss when its last record does not
    /// give its hash; Unimplemented when that is of a newer format version; Conflict while another export writes it;
    /// Unavailable; PermissionDenied.
    static Result<std::unique_ptr<ExportWriter>> open(const std::string& where, ledger::Sha256 sha256);

    ExportWriter(const ExportWriter&) = delete;
    ExportWriter& operator=(const ExportWriter&) = delete;

    [[nodiscard]] std::optional<ledger::Head> head() const override { return head_; }
    Result<void> append(const ledger::Record& record, std::string_view text) override;
    Result<void> finish() override;

private:
    ExportWriter(std::string path, durable_file::Draft draft) : path_(std::move(path)), draft_(std::move(draft)) {}

    Result<void> flush();

    const std::string path_;
    std::optional<ledger::Head> head_;
    bool exists_ = false;
    bool begun_ = false;         ///< the draft holds what the old file does
    durable_file::Draft draft_;  ///< the file to be
    std::string buffer_;
};

}  // namespace helix::ledger_file
