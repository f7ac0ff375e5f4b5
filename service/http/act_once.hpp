#pragma once

#include <string>
#include <string_view>

#include <httplib.h>

#include "service/http/handler.hpp"
#include "service/http/routes.hpp"
#include "service/usecases/cycle.hpp"

/// What every route that writes to a target does: one turn of the helix for each Idempotency-Key, answered by its
/// receipt.
namespace helix::http {

/// As guarded(), for a handler that writes unless the query says dry_run=true: that needs Role::Propose alone.
httplib::Server::Handler acting(const Authorizer& authorizer, Handle handle);

/// The request's Idempotency-Key; empty when none was sent with a dry run.
/// Errors: InvalidArgument; write_bad_key answers it.
Result<std::string> idempotency_key_of(const httplib::Request& request, bool dry_run);
void write_bad_key(const Error& problem, httplib::Response& response);

/// Runs `request` (with its key, its actor and dry_run) and answers the receipt, or the problem with the receipt in it.
/// @param told  what the caller said: the same key with something else is refused
void act_once(Context& context, usecases::CycleRequest request, std::string_view told, httplib::Response& response);

/// Answers why a request was not carried out: the reason's own problem type where it is about the reason, and those of
/// the key.
void write_refusal(const Error& problem, httplib::Response& response);

}  // namespace helix::http
