#include "adapters/head_file/head_file.hpp"

#include <charconv>
#include <cstddef>
#include <string_view>
#include <system_error>

#include "domain/ledger/digest.hpp"

namespace helix::head_file {
namespace {

constexpr std::size_t kLineBytesMax = 128;

bool parse(std::string_view line, ledger::Head& head) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !line.ends_with('\n')) return false;
    const auto [end, problem] = std::from_chars(line.data(), line.data() + colon, head.seq);
    return problem == std::errc{} && end == line.data() + colon &&
           ledger::from_hex(line.substr(colon + 1, line.size() - colon - 2), head.hash);
}

}  // namespace

Result<std::optional<ledger::Head>> HeadFile::recall() {
    const auto line = file_.read(kLineBytesMax);
    if (!line) return line.error();
    if (!*line) return std::optional<ledger::Head>();
    ledger::Head head;
    if (!parse(**line, head))
        return error(Code::DataLoss, file_.path() + " does not hold a head",
                     "it is one line SEQ:HASH; compare the ledger with a copy, then mend or remove it", file_.path());
    return std::optional(head);
}

Result<void> HeadFile::remember(const ledger::Head& head) {
    return file_.replace(std::to_string(head.seq) + ":" + ledger::to_hex(head.hash) + "\n");
}

}  // namespace helix::head_file
