#include "service/wire/base64.hpp"

#include <algorithm>
#include <cstddef>

#include <openssl/evp.h>

namespace helix::wire {
namespace {

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

std::string to_base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // the library ends it with a zero
    const int size = EVP_EncodeBlock(bytes_of(text), bytes_of(bytes), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

Result<std::string> from_base64(std::string_view text) {
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    const int size = EVP_DecodeBlock(bytes_of(bytes), bytes_of(text), static_cast<int>(text.size()));
    const auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
    if (size < 0 || padding > 2) return error(Code::InvalidArgument, "not base64");
    bytes.resize(static_cast<std::size_t>(size) - padding);
    if (to_base64(bytes) != text) return error(Code::InvalidArgument, "not base64 in its one spelling");
    return bytes;
}

}  // namespace helix::wire
