#pragma once

namespace helix::test_support {

/// Which of some calls fails: for tests that let the nth one fail, for n = 1, 2, 3 ... Make it thread_local, and only
/// the calls of the thread that arms it count.
struct NthCall {
    int countdown = 0;  ///< the call that brings it to 0 fails
    bool armed = false;
    bool lasting = false;  ///< and all that follow
    bool struck = false;   ///< one has failed

    /// Counts one call; whether it is to fail.
    bool strikes() {
        if (!armed) return false;
        const int left = --countdown;
        if (left > 0 || (left < 0 && !lasting)) return false;
        struck = true;
        return true;
    }
};

}  // namespace helix::test_support
