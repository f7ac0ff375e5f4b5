#include "service/ports/fault_point.hpp"

#ifdef HELIX_FAULT_POINTS

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace helix::ports {
namespace {

/// What HELIX_FAULT asks for, read once.
struct Wish {
    std::string name;
    long left = 0;
    int signal = SIGKILL;

    static Wish from_environment() {
        const char* text = std::getenv("HELIX_FAULT");
        if (text == nullptr) return {};
        const std::string_view wish(text);
        const std::size_t colon = wish.find(':');
        if (colon == std::string_view::npos) return {};
        return {std::string(wish.substr(0, colon)), std::strtol(text + colon + 1, nullptr, 10),
                wish.ends_with(":stop") ? SIGSTOP : SIGKILL};
    }
};

}  // namespace

void fault_point(const char* name) {
    static const Wish wish = Wish::from_environment();
    static std::atomic<long> left = wish.left;
    if (wish.left > 0 && wish.name == name && left.fetch_sub(1) == 1) std::raise(wish.signal);
}

}  // namespace helix::ports

#else

void helix::ports::fault_point(const char*) {}

#endif
