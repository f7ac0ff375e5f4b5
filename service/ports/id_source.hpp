#pragma once

#include <string>

namespace helix::ports {

/// Makes identifiers. Thread safety: any method from any thread.
class IdSource {
public:
    virtual ~IdSource() = default;

    /// A fresh ULID: 26 characters, never given twice, and greater as text than the one this source gave before.
    virtual std::string ulid() = 0;
};

}  // namespace helix::ports
