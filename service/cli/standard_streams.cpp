#include "service/cli/standard_streams.hpp"

#include <iostream>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace helix::cli {

void hold_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(stream, F_GETFD) != -1) continue;
        // The lowest free number is this one, since those below are held. Writing to what was opened for reading fails.
        [[maybe_unused]] const int held = ::open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    }
}

bool stdout_lost() {
    std::cout.flush();
    if (std::cout.good()) return false;
    pollfd reader{STDOUT_FILENO, POLLOUT, 0};
    return ::poll(&reader, 1, 0) < 0 || (reader.revents & (POLLERR | POLLHUP)) == 0;
}

}  // namespace helix::cli
