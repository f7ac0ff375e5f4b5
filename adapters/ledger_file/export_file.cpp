#include "adapters/ledger_file/export_file.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/wire/record_line.hpp"

namespace helix::ledger_file {
namespace {

using durable_file::Descriptor;
using durable_file::system_error;
using ports::FoundRecord;

constexpr std::uint64_t kTailBytes = 64U * 1024U;  // read first to find the last line
/// Below this many bytes lines are walked, not halved.
constexpr std::uint64_t kWalkBytes = 64U * 1024U;

std::string what_is_wrong(const Error& why) {
    return why.where.empty() ? why.message : why.message + " (" + why.where + ")";
}

}  // namespace

Result<std::unique_ptr<ExportFile>> ExportFile::open(const std::string& path) {
    Descriptor file(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return system_error("opening", path);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return system_error("opening", path);
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return system_error("opening", path);
    }
    const bool seekable = path != "-" && S_ISREG(status.st_mode);
    if (seekable) ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    return std::unique_ptr<ExportFile>(new ExportFile(std::move(file), path == "-" ? "stdin" : path, seekable));
}

Result<std::uint64_t> ExportFile::size() const {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) return system_error("reading", path_);
    return static_cast<std::uint64_t>(status.st_size);
}

Result<std::optional<ExportFile::LastLine>> ExportFile::last_line() const {
    const auto end = size();
    if (!end) return end.error();
    if (*end == 0) return std::optional<LastLine>();
    std::string tail;
    for (std::uint64_t size = kTailBytes;; size *= 2) {
        const std::uint64_t begin = *end - std::min(*end, size);
        tail.resize(*end - begin);
        const ssize_t got = ::pread(file_.get(), tail.data(), tail.size(), static_cast<off_t>(begin));
        if (got < 0) return system_error("reading", path_);
        if (static_cast<std::uint64_t>(got) != tail.size())
            return error(Code::Unavailable, "the file shrank while it was read", "", path_);
        // The line feed that ends the file is not the one before the last line.
        const std::size_t before = std::string_view(tail).substr(0, tail.size() - 1).rfind('\n');
        if (before == std::string::npos && tail.size() > wire::kRecordBytesMax)
            return error(Code::DataLoss, "the last line is too long to be a record", "", path_);
        if (before == std::string::npos && begin > 0) continue;
        const std::size_t start = before == std::string::npos ? 0 : before + 1;
        tail.erase(0, start);
        const bool whole = tail.back() == '\n';
        if (whole) tail.pop_back();
        return std::optional(LastLine{begin + start, std::move(tail), whole});
    }
}

Result<std::optional<std::uint64_t>> ExportFile::last_seq() {
    if (!seekable_) return std::optional<std::uint64_t>();
    return last_line().and_then([](std::optional<LastLine> line) -> Result<std::optional<std::uint64_t>> {
        return line ? wire::seq_of_line(line->text) : std::nullopt;
    });
}

/// Where to begin so as not to miss `seq`: the start of a line at or a little before its own; 0 when in doubt.
Result<std::uint64_t> ExportFile::offset_of(std::uint64_t seq) const {
    const auto end = size();
    if (!end) return end.error();
    std::uint64_t low = 0;  // a line begins here, and its seq is not past the one looked for
    for (std::uint64_t high = *end; high - low > kWalkBytes;) {
        const std::uint64_t middle = low + (high - low) / 2;
        LineReader reader(file_.get(), path_, true, middle, wire::kRecordBytesMax);
        LineReader::Line line;
        if (auto part = reader.next(line); !part) return part.error();  // the rest of a line that began before
        const std::uint64_t begin = reader.offset();
        if (begin >= high) {
            high = middle;
            continue;
        }
        const auto read = reader.next(line);
        if (!read) return read.error();
        const auto found = *read ? wire::seq_of_line(line.text) : std::nullopt;
        if (!found) return std::uint64_t{0};
        if (*found <= seq)
            low = begin;
        else
            high = middle;
    }
    return low;
}

Result<void> ExportFile::scan(std::uint64_t from_seq, const Visitor& visit) {
    std::uint64_t offset = 0;
    if (from_seq > 0 && seekable_) {
        auto found = offset_of(from_seq);
        if (!found) return found.error();
        offset = *found;
    }
    LineReader reader(file_.get(), path_, seekable_, offset, wire::kRecordBytesMax);
    LineReader::Line line;
    const ledger::Record none;
    for (std::uint64_t number = 1;; ++number) {
        const auto read = reader.next(line);
        if (!read) return read.error();
        if (!*read) return {};
        const auto here = [&] {
            return offset == 0 ? "line " + std::to_string(number) : "after byte " + std::to_string(offset);
        };
        if (!line.whole) {
            visit(FoundRecord{none, here() + ": the file ends in the middle of this record", true});
            return {};
        }
        if (from_seq > 0 && wire::seq_of_line(line.text).value_or(from_seq) < from_seq) continue;
        if (line.too_long) {
            if (!visit(FoundRecord{none, here() + ": it is too long to be a record"})) return {};
            continue;
        }
        const auto record = wire::read_record_line(line.text);
        if (!record && record.error().code == Code::Unimplemented) {
            Error newer = record.error();
            newer.where = path_ + ", " + here();
            return newer;
        }
        if (!(record ? visit(FoundRecord{*record})
                     : visit(FoundRecord{none, here() + ": " + what_is_wrong(record.error())})))
            return {};
    }
}

}  // namespace helix::ledger_file
