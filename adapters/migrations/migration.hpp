#pragma once

namespace helix::migrations {

/// One step of a database's schema: a file of migrations/, as it was when the program was built.
struct Migration {
    int version;       ///< the file's number; versions count 1, 2, 3 ...
    const char* name;  ///< the file's name
    const char* sql;
};

}  // namespace helix::migrations
