// The only program of the tests' images: holds so many MiB (its first argument) until it is told to end.
#include <csignal>
#include <cstdlib>

#include <unistd.h>

int main(int argc, char** argv) {
    std::signal(SIGTERM, [](int) { _exit(0); });  // the first process of a container has no handler of its own
    const std::size_t bytes = (argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1) << 20U;
    volatile char* memory = static_cast<char*>(std::malloc(bytes));  // volatile: else nothing need be written
    if (memory == nullptr) return 1;
    for (std::size_t at = 0; at < bytes; ++at) memory[at] = 1;
    while (true) pause();
}
