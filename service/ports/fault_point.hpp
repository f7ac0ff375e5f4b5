#pragma once

namespace helix::ports {

/// A named place between two durable steps, where a test can end or stop the process as a crash or a pause would.
///
/// With `HELIX_FAULT=NAME:COUNT` in the environment the COUNT-th time that NAME is passed kills the process at once
/// (SIGKILL: nothing is flushed, nobody is told); `HELIX_FAULT=NAME:COUNT:stop` stops it there (SIGSTOP), to go on when
/// it is continued. Does nothing without that variable, and nothing at all where HELIX_FAULT_POINTS is off, as it is in
/// releases. Thread safety: any thread.
void fault_point(const char* name);

}  // namespace helix::ports
