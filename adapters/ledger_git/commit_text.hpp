#pragma once

#include <string>
#include <string_view>

#include "domain/ledger/record.hpp"

namespace helix::ledger_git {

/// The one file of a record's tree; it holds the record's canonical JSON and nothing else.
inline constexpr std::string_view kFileName = "record.json";

/// The branch that is the ledger.
inline constexpr const char* kBranch = "refs/heads/main";

/// The bytes of the git commit that stands for `record`, made of nothing else than the record and what it names:
///
///     tree <tree>
///     parent <parent>                                        (not for seq 0)
///     author <actor> <ledger@helix.invalid> <at> +0000
///     committer Helix Coaster <ledger@helix.invalid> <at> +0000
///
///     helix.cycle demo: PASS (seq 7)
///
///     Seq: 7
///     Kind: helix.cycle
///     Target: demo
///     Actor: local
///     Verdict: PASS
///     Hash: <64 hexadecimal digits>
///     Prev-Hash: <64 hexadecimal digits>
///
/// so that whoever has the record can compute the commit's id. Control characters in texts become blanks; `at` is in
/// whole seconds, 0 for times before 1970. A record without a target or a verdict has no such line.
/// @param tree    40 hexadecimal digits
/// @param parent  likewise; empty for the first
std::string commit_text(const ledger::Record& record, std::string_view tree, std::string_view parent);

/// "PASS" or "BREAK", as far as the record's body tells what the gate said; a trial's own word; else empty, as it is
/// for every kind that is no judgement of this service (an event that came in).
std::string verdict_of(const ledger::Record& record);

}  // namespace helix::ledger_git
