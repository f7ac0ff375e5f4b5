#pragma once

namespace helix {

// A floor is compared as (A-U)*10^17 >= 14134725141734693*A: exact, and wider than 64 bits.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
using Int128 = __int128;
#pragma GCC diagnostic pop

}  // namespace helix
