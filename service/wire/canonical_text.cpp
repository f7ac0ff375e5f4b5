#include "service/wire/canonical_text.hpp"

#include <cstddef>
#include <optional>

#include "service/wire/plain_bytes.hpp"

namespace helix::wire {
namespace {

constexpr int kDepthMax = 32;
constexpr std::size_t kDigitsMax = 15;  // every such integer is a double of its own

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Walks over one text; each method takes one thing and stands behind it, or says false.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool object(int depth) {
        if (depth == 0 || !take('{')) return false;
        if (take('}')) return true;
        std::string_view before;
        for (bool first = true;; first = false) {
            const auto name = string();
            // In ASCII the order of bytes is the order of UTF-16 code units; equal names are refused with it.
            if (!name || (!first && *name <= before)) return false;
            before = *name;
            if (!take(':') || !value(depth)) return false;
            if (!take(',')) return take('}');
        }
    }

    [[nodiscard]] bool at_end() const { return at_ == text_.size(); }

private:
    bool value(int depth) {
        switch (peek()) {
            case '"':
                return string().has_value();
            case '{':
                return object(depth - 1);
            case '[':
                return array(depth - 1);
            case 't':
                return word("true");
            case 'f':
                return word("false");
            case 'n':
                return word("null");
            default:
                return integer();
        }
    }

    bool array(int depth) {
        if (depth == 0 || !take('[')) return false;
        if (take(']')) return true;
        while (true) {
            if (!value(depth)) return false;
            if (!take(',')) return take(']');
        }
    }

    /// A string of ASCII that needs no escapes; without its quotes.
    std::optional<std::string_view> string() {
        if (!take('"')) return std::nullopt;
        const std::size_t from = at_;
        while (at_ < text_.size() && kPlainBytes[static_cast<unsigned char>(text_[at_])]) ++at_;
        if (peek() != '"') return std::nullopt;
        return text_.substr(from, at_++ - from);
    }

    bool integer() {
        const bool negative = take('-');
        const std::size_t from = at_;
        while (is_digit(peek())) ++at_;
        const std::size_t digits = at_ - from;
        if (digits == 0 || digits > kDigitsMax) return false;
        if (text_[from] == '0' && (digits > 1 || negative)) return false;
        return peek() != '.' && peek() != 'e' && peek() != 'E';
    }

    bool word(std::string_view wanted) {
        if (text_.substr(at_, wanted.size()) != wanted) return false;
        at_ += wanted.size();
        return true;
    }

    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool take(char wanted) {
        if (peek() != wanted) return false;
        ++at_;
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

bool is_plainly_canonical(std::string_view text) {
    Scanner scanner(text);
    return scanner.object(kDepthMax) && scanner.at_end();
}

}  // namespace helix::wire
