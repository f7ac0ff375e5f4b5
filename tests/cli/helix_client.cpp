#include "service/cli/cli.hpp"

/// The terminal side alone, for tests that run it as a user would: `serve` and `demo` are not in it.
int main(int argc, char** argv) {
    return helix::cli::run(argc, argv, {});
}
