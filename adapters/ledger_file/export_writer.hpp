#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "adapters/ledger_file/line_reader.hpp"
#include "domain/ledger/digest.hpp"
#include "service/ports/record_sink.hpp"

namespace helix::ledger_file {

/// Writes an export file (export_file.hpp), or continues one.
///
/// It is written beside its place and renamed into it by `finish`, synced: whoever looks sees the file as it was or as
/// it is to be, and a process that dies on the way leaves the old one.
class ExportWriter final : public ports::RecordSink {
public:
    /// Errors: InvalidArgument when `path` is something else than an export; DataLoss when its last record does not
    /// give its hash; Unimplemented when that is of a newer format version; Unavailable; PermissionDenied.
    static Result<std::unique_ptr<ExportWriter>> open(const std::string& path, ledger::Sha256 sha256);

    ~ExportWriter() override;
    ExportWriter(const ExportWriter&) = delete;
    ExportWriter& operator=(const ExportWriter&) = delete;

    [[nodiscard]] std::optional<ledger::Head> head() const override { return head_; }
    Result<void> append(const ledger::Record& record, std::string_view text) override;
    Result<void> finish() override;

private:
    explicit ExportWriter(std::string path) : path_(std::move(path)) {}

    Result<void> begin();
    Result<void> flush();

    std::string path_;
    std::optional<ledger::Head> head_;
    bool exists_ = false;
    Descriptor part_;        ///< the file to be, once something was appended
    std::string part_path_;  ///< its name; empty when there is none
    std::string buffer_;
};

}  // namespace helix::ledger_file
