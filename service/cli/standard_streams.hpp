#pragma once

namespace helix::cli {

/// Gives stdin, stdout and stderr that the caller closed a file that reads nothing and takes nothing, so that no file
/// opened later gets their numbers, and with them what is printed. Call before anything is opened.
void hold_standard_streams();

/// Whether something that was printed did not reach stdout: a full disk, or one that was closed. A reader that went
/// away by itself (`| head`) had what it wanted: that is no loss.
bool stdout_lost();

}  // namespace helix::cli
