#include "adapters/kubeconfig/small_file.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace helix::kubeconfig {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

Error open_failure(const std::string& path, int number) {
    if (number == ENOENT || number == ENOTDIR) return error(Code::NotFound, "no such file", "", path);
    if (number == EACCES || number == EPERM) return error(Code::PermissionDenied, "file may not be read", "", path);
    return error(Code::Unavailable, "file cannot be read: " + std::generic_category().message(number), "", path);
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
    std::error_code failed;
    const auto status = std::filesystem::status(path, failed);
    if (failed) return open_failure(path, failed.value());
    if (!std::filesystem::is_regular_file(status)) return error(Code::InvalidArgument, "not a regular file", "", path);
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) return open_failure(path, errno);
    std::string text(bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) return open_failure(path, errno);
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > bytes_max)
        return error(Code::InvalidArgument, "file is longer than " + std::to_string(bytes_max) + " bytes", "", path);
    return text;
}

Result<std::string> decode_base64(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    int count = 0, padding = 0;
    for (const char c : text) {
        if (kSpace.find(c) != std::string_view::npos) continue;
        const int value = base64_value(c);
        if (c == '=' ? ++padding > 2 : (value < 0 || padding > 0)) return error(Code::InvalidArgument, "not base64");
        bits = (bits << 6U) | static_cast<std::uint32_t>(c == '=' ? 0 : value);
        if (++count % 4 != 0) continue;
        bytes.push_back(static_cast<char>((bits >> 16U) & 0xFFU));
        bytes.push_back(static_cast<char>((bits >> 8U) & 0xFFU));
        bytes.push_back(static_cast<char>(bits & 0xFFU));
        bits = 0;
    }
    if (count % 4 != 0 || bytes.size() < static_cast<std::size_t>(padding))
        return error(Code::InvalidArgument, "not base64: its length is no multiple of four");
    bytes.resize(bytes.size() - static_cast<std::size_t>(padding));
    return bytes;
}

std::string trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

}  // namespace helix::kubeconfig
