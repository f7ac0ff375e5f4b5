#include "adapters/ledger_file/export_writer.hpp"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/ledger_file/export_file.hpp"
#include "adapters/real_path/real_path.hpp"
#include "service/wire/record_json.hpp"
#include "service/wire/record_line.hpp"

namespace helix::ledger_file {
namespace {

using durable_file::Descriptor;
using durable_file::Draft;
using durable_file::system_error;
using durable_file::write_all;

constexpr std::size_t kBufferBytes = 1024U * 1024U;

/// Copies the file at `from` into `to`, within the kernel where it can be.
Result<void> copy_into(const Descriptor& to, const std::string& from) {
    const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (source.get() < 0) return system_error("opening", from);
    while (true) {
        const ssize_t copied = ::copy_file_range(source.get(), nullptr, to.get(), nullptr, 1U << 30U, 0);
        if (copied == 0) return {};
        if (copied < 0) break;
    }
    // Not between these two file systems: by hand, from where it stopped.
    std::string piece(kBufferBytes, '\0');
    while (true) {
        const ssize_t got = ::read(source.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error("reading", from);
        if (got == 0) return {};
        if (auto done = write_all(to, std::string_view(piece).substr(0, static_cast<std::size_t>(got)), from); !done)
            return done;
    }
}

bool begins_as_export(const std::string& path) {
    constexpr std::string_view kFirstBytes = R"({"actor":)";
    std::string begin(kFirstBytes.size(), '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
    return file && begin == kFirstBytes;
}

/// The head of the export that `file` holds. Errors: as ExportWriter::open.
Result<std::optional<ledger::Head>> head_of(const ExportFile& file, const std::string& path, ledger::Sha256 sha256) {
    const auto line = file.last_line();
    if (!line) return line.error();
    if (!*line) return std::optional<ledger::Head>();
    if (!begins_as_export(path))
        return error(Code::InvalidArgument, "the file is there and is not an exported ledger",
                     "name another file; an export never replaces one", path);
    const auto record = wire::read_record_line((*line)->text);
    if (!record && record.error().code == Code::Unimplemented) return record.error();
    if (!record || !(*line)->whole)
        return error(Code::DataLoss, "the file is there and ends in the middle of a record",
                     "see `helix ledger verify`, and export into a new file", path);
    std::string scratch;
    const auto digest = wire::recompute(*record, sha256, scratch);
    if (!digest || *digest != record->hash)
        return error(Code::DataLoss,
                     "the file's last record, seq " + std::to_string(record->seq) + ", does not give its hash",
                     "see `helix ledger verify`, and export into a new file", path);
    return std::optional(ledger::Head{record->seq, record->hash});
}

}  // namespace

Result<std::unique_ptr<ExportWriter>> ExportWriter::open(const std::string& where, ledger::Sha256 sha256) {
    const std::string path = real_path::real_path(where);  // what a link names is made or replaced, not the link
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
        return error(Code::InvalidArgument, "not a file", "name a file, or - for stdout", path);
    // A new one is its owner's alone: who may read a ledger is a matter of roles.
    auto draft = Draft::begin(path, 0600, Draft::Others::Refuse);
    if (!draft) return std::move(draft).error();
    auto writer = std::unique_ptr<ExportWriter>(new ExportWriter(path, *std::move(draft)));
    if (::stat(path.c_str(), &status) != 0) {  // only now: another export may just have ended
        if (errno != ENOENT) return system_error("opening", path);
        return writer;
    }
    const auto file = ExportFile::open(path);
    if (!file) return file.error();
    const auto head = head_of(**file, path, sha256);
    if (!head) return head.error();
    writer->head_ = *head;
    writer->exists_ = true;
    if (::fchmod(writer->draft_.file().get(), status.st_mode & 07777U) != 0) return system_error("creating", path);
    return writer;
}

Result<void> ExportWriter::flush() {
    auto written = write_all(draft_.file(), buffer_, path_);
    buffer_.clear();
    return written;
}

Result<void> ExportWriter::append(const ledger::Record& /*record*/, std::string_view text) {
    if (!std::exchange(begun_, true) && exists_)
        if (auto copied = copy_into(draft_.file(), path_); !copied) return copied;
    buffer_ += text;
    buffer_ += '\n';
    return buffer_.size() < kBufferBytes ? Result<void>{} : flush();
}

Result<void> ExportWriter::finish() {
    if (!begun_ && exists_) return {};  // nothing new
    if (auto flushed = flush(); !flushed) return flushed;
    return draft_.put_in_place();
}

}  // namespace helix::ledger_file
