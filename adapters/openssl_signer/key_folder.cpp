#include "adapters/openssl_signer/key_folder.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/openssl_signer/private_key.hpp"
#include "service/wire/verifier_key.hpp"

namespace helix::openssl_signer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = 16U * 1024U;

/// An open file, closed with its owner.
class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    const int descriptor_;
};

Error failed(const std::string& doing, const fs::path& file) {
    const std::string why = std::system_category().message(errno);
    return error(Code::Unavailable, "cannot " + doing + " " + file.string() + ": " + why, "check the folder's owner",
                 file.string());
}

/// The whole file; a private one must be readable by its owner alone. The check is of the file that is then read.
Result<std::string> read_file(const fs::path& path, bool is_private) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));  // NOLINT(cppcoreguidelines-pro-type-vararg)
    struct stat status {};
    if (file.descriptor() < 0 || ::fstat(file.descriptor(), &status) != 0) return failed("read", path);
    if (is_private && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return error(Code::PermissionDenied, path.string() + " may be read by others than its owner",
                     "chmod 600 " + path.string() + ", and make a new key if others had access", path.string());
    std::string text(kFileBytesMax + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(file.descriptor(), text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("read", path);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > kFileBytesMax) return error(Code::InvalidArgument, path.string() + " is too large for a key");
    text.resize(size);
    return text;
}

/// Writes a file that must not exist yet, durably. AlreadyExists when it does.
Result<void> write_new(const fs::path& path, std::string_view text, mode_t mode) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
    const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (file.descriptor() < 0 && errno == EEXIST)
        return error(Code::AlreadyExists, path.string() + " is there already");
    if (file.descriptor() < 0) return failed("make", path);
    while (!text.empty()) {
        const ssize_t done = ::write(file.descriptor(), text.data(), text.size());
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return failed("write", path);
        text.remove_prefix(static_cast<std::size_t>(done));
    }
    if (::fsync(file.descriptor()) != 0) return failed("write", path);
    return {};
}

/// The number of "0001.pub"; nothing for other files.
std::optional<int> number_of(const fs::path& file, std::string_view ending) {
    const std::string stem = file.stem().string();
    if (file.extension() != ending || stem.size() != 4 || stem.find_first_not_of("0123456789") != std::string::npos)
        return std::nullopt;
    return std::stoi(stem);
}

/// The numbers that have a file of this ending, the greatest first.
std::vector<int> numbers(const fs::path& folder, std::string_view ending) {
    std::vector<int> found;
    std::error_code ignored;  // a folder that cannot be read has no keys
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (const auto number = number_of(entry.path(), ending)) found.push_back(*number);
    std::sort(found.rbegin(), found.rend());
    return found;
}

fs::path file_of(const fs::path& folder, int number, const char* ending) {
    const std::string digits = std::to_string(number);
    return folder / (std::string(4 - digits.size(), '0') + digits + ending);
}

Result<ledger::PublicKey> read_public(const fs::path& file) {
    auto text = read_file(file, false);
    if (!text) return std::move(text).error();
    auto keys = wire::parse_verifiers(*text, openssl_digest::sha256, file.string());
    if (!keys) return std::move(keys).error();
    if (keys->size() != 1)
        return error(Code::InvalidArgument, file.string() + " does not hold one public key", "", file.string());
    return keys->front();
}

}  // namespace

bool has_keys(const std::string& folder) {
    return !numbers(folder, ".pem").empty();
}

Result<KeyFolder> load(const std::string& folder) {
    const std::vector<int> signing = numbers(folder, ".pem");
    if (signing.empty())
        return error(Code::NotFound, "no signing key in " + folder, "make one: helix keys generate " + folder, folder);
    KeyFolder keys;
    for (const int number : numbers(folder, ".pub")) {
        auto key = read_public(file_of(folder, number, ".pub"));
        if (!key) return std::move(key).error();
        keys.public_keys.push_back(*std::move(key));
    }
    const fs::path pem_file = file_of(folder, signing.front(), ".pem");
    const auto named = read_public(file_of(folder, signing.front(), ".pub"));
    if (!named) return named.error();
    const auto pem = read_file(pem_file, true);
    if (!pem) return pem.error();
    auto signer = signer_of_pem(*pem, named->name, pem_file.string());
    if (!signer) return std::move(signer).error();
    if ((*signer)->public_key() != *named)
        return error(Code::InvalidArgument, pem_file.string() + " and its .pub are of different keys",
                     "restore the pair, or make a new key", pem_file.string());
    keys.signer = *std::move(signer);
    return keys;
}

Result<ledger::PublicKey> generate(const std::string& folder, const std::string& name) {
    if (!ledger::is_key_name(name))
        return error(Code::InvalidArgument, "\"" + name + "\" cannot name a key",
                     "1 to 255 printable ASCII characters without blank and plus, like example.com/helix", "name");
    const auto pem = generate_pem();
    if (!pem) return pem.error();
    const auto signer = signer_of_pem(*pem, name, "the new key");
    if (!signer) return signer.error();
    const ledger::PublicKey key = (*signer)->public_key();
    if (!fs::exists(folder)) {
        std::error_code failure;
        fs::create_directories(folder, failure);
        if (!failure) fs::permissions(folder, fs::perms::owner_all, failure);
        if (failure) return error(Code::Unavailable, "cannot make " + folder + ": " + failure.message(), {}, folder);
    }
    const std::string line = wire::to_verifier(key, openssl_digest::sha256) + "\n";
    for (;;) {  // the .pub, made first, claims the number: another process's goes to the next
        const std::vector<int> there = numbers(folder, ".pub");
        const int number = there.empty() ? 1 : there.front() + 1;
        if (number > 9999) return error(Code::ResourceExhausted, folder + " has 9999 keys", "begin a new folder");
        const auto claimed = write_new(file_of(folder, number, ".pub"), line, 0644);
        if (!claimed && claimed.error().code == Code::AlreadyExists) continue;
        if (!claimed) return claimed.error();
        if (auto kept = write_new(file_of(folder, number, ".pem"), *pem, 0600); !kept) return std::move(kept).error();
        return key;
    }
}

}  // namespace helix::openssl_signer
