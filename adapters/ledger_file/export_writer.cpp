#include "adapters/ledger_file/export_writer.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/ledger_file/export_file.hpp"
#include "service/wire/record_json.hpp"
#include "service/wire/record_line.hpp"

namespace helix::ledger_file {
namespace {

constexpr std::size_t kBufferBytes = 1024U * 1024U;

Result<void> write_all(int descriptor, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error("writing", path);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

/// Copies the file at `from` into `to`, within the kernel where it can be.
Result<void> copy_into(int to, const std::string& from) {
    const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (source.get() < 0) return system_error("opening", from);
    while (true) {
        const ssize_t copied = ::copy_file_range(source.get(), nullptr, to, nullptr, 1U << 30U, 0);
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

mode_t usual_mode() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return 0644U & ~mask;
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

Result<std::unique_ptr<ExportWriter>> ExportWriter::open(const std::string& path, ledger::Sha256 sha256) {
    auto writer = std::unique_ptr<ExportWriter>(new ExportWriter(path));
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        if (errno != ENOENT) return system_error("opening", path);
        return writer;
    }
    if (!S_ISREG(status.st_mode))
        return error(Code::InvalidArgument, "not a file", "name a file, or - for stdout", path);
    const auto file = ExportFile::open(path);
    if (!file) return file.error();
    const auto head = head_of(**file, path, sha256);
    if (!head) return head.error();
    // A link is followed: what it names is replaced, not the link.
    std::error_code failure;
    const auto real = std::filesystem::canonical(path, failure);
    if (!failure) writer->path_ = real.string();
    writer->head_ = *head;
    writer->exists_ = true;
    return writer;
}

ExportWriter::~ExportWriter() {
    if (!part_path_.empty()) ::unlink(part_path_.c_str());
}

/// Makes the file to be, with what the old one holds.
Result<void> ExportWriter::begin() {
    part_path_ = path_ + ".part-XXXXXX";
    part_ = Descriptor(::mkostemp(part_path_.data(), O_CLOEXEC));
    if (part_.get() < 0) {
        const Error failure = system_error("creating a file beside", path_);
        part_path_.clear();
        return failure;
    }
    struct stat status {};
    const bool known = exists_ && ::stat(path_.c_str(), &status) == 0;
    if (::fchmod(part_.get(), known ? status.st_mode & 07777U : usual_mode()) != 0)
        return system_error("creating", part_path_);
    return exists_ ? copy_into(part_.get(), path_) : Result<void>{};
}

Result<void> ExportWriter::flush() {
    auto written = write_all(part_.get(), buffer_, path_);
    buffer_.clear();
    return written;
}

Result<void> ExportWriter::append(const ledger::Record& /*record*/, std::string_view text) {
    if (part_path_.empty())
        if (auto begun = begin(); !begun) return begun;
    buffer_ += text;
    buffer_ += '\n';
    return buffer_.size() < kBufferBytes ? Result<void>{} : flush();
}

Result<void> ExportWriter::finish() {
    if (part_path_.empty() && exists_) return {};  // nothing new
    if (part_path_.empty())
        if (auto begun = begin(); !begun) return begun;
    if (auto flushed = flush(); !flushed) return flushed;
    if (::fsync(part_.get()) != 0) return system_error("syncing", path_);
    if (::rename(part_path_.c_str(), path_.c_str()) != 0) return system_error("renaming to", path_);
    part_path_.clear();
    part_ = Descriptor();
    const std::string folder = std::filesystem::path(path_).parent_path().string();
    const Descriptor parent(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent.get() < 0 || ::fsync(parent.get()) != 0) return system_error("syncing the folder of", path_);
    return {};
}

}  // namespace helix::ledger_file
