#pragma once

#include <string>
#include <string_view>

#include "domain/core/result.hpp"

namespace helix::postgres {

/// Whether `text` names a PostgreSQL server: postgresql://... or postgres://...
bool is_postgres_url(std::string_view text);

/// How to reach a server. A password is never part of it: libpq finds one in PGPASSFILE (~/.pgpass), PGPASSWORD, or
/// the service file that PGSERVICEFILE names.
struct Conninfo {
    std::string text;     ///< libpq's keyword form, with our bounds on waiting added
    std::string display;  ///< for people: "postgresql://helix@db.example:5432/helix"; no secret can be in it
};

/// Reads libpq's URL. What it does not say is bounded: connecting takes 5 s at most, a dead peer is noticed within 15,
/// and of several hosts the one that takes writes is used.
/// Errors: InvalidArgument, which never repeats the URL's text: when it is not well-formed, or holds a password.
Result<Conninfo> parse_conninfo(const std::string& url);

}  // namespace helix::postgres
