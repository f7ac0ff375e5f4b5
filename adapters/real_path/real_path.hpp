#pragma once

#include <string>

namespace helix::real_path {

/// The one name of the file that `path` leads to, absolute and without links, also where the file or the end of a link
/// is not there yet. Two paths to one file give one name, so that what is put beside the file (a lock, a log, a folder)
/// is found by everybody who has it open. Hard links are files of their own.
///
/// A path that cannot be followed (a loop of links, a folder that may not be read) is given back as far as it could be:
/// who opens it is told why it cannot be.
std::string real_path(const std::string& path);

}  // namespace helix::real_path
