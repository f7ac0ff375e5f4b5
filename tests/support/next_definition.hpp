#pragma once

#include <dlfcn.h>

namespace helix::test_support {

/// The definition of the function `name` that comes after the program's own: the C library's, for tests that define one
/// of its functions themselves, to let it fail.
template <class F>
F next_definition(const char* name) {
    return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

}  // namespace helix::test_support
