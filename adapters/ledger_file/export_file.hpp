#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "adapters/durable_file/durable_file.hpp"
#include "adapters/ledger_file/line_reader.hpp"
#include "service/ports/record_source.hpp"

namespace helix::ledger_file {

/// An exported ledger: JSON Lines, one record's canonical JSON (wire::record_text) and a line feed each, from seq 0 on.
///
/// The last line feed belongs to the last record: without it the file was cut off, or is still being written.
class ExportFile final : public ports::RecordSource {
public:
    /// Opens a file, or stdin for "-", which can be read once. Errors: NotFound, PermissionDenied, InvalidArgument for
    /// a folder.
    static Result<std::unique_ptr<ExportFile>> open(const std::string& path);

    /// Reads the last line only.
    Result<std::optional<std::uint64_t>> last_seq() override;
    /// Finds `from_seq` by halving when the file can be sought in: the lines are trusted to be in order then, as a scan
    /// from 0 is not.
    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override;

    /// The last line with where it begins; empty when the file is. Errors: DataLoss for an over-long line.
    struct LastLine {
        std::uint64_t offset = 0;
        std::string text;
        bool whole = true;
    };
    Result<std::optional<LastLine>> last_line() const;

private:
    ExportFile(durable_file::Descriptor file, std::string path, bool seekable)
        : file_(std::move(file)), path_(std::move(path)), seekable_(seekable) {}

    [[nodiscard]] Result<std::uint64_t> size() const;
    [[nodiscard]] Result<std::uint64_t> offset_of(std::uint64_t seq) const;

    durable_file::Descriptor file_;
    std::string path_;
    bool seekable_;
};

}  // namespace helix::ledger_file
