#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace helix {

/// What the caller may do about a failure; adapters translate their library's codes into these once.
enum class Code {
    InvalidArgument,     ///< the input is wrong: mend it and ask again
    NotFound,            ///< no such thing
    AlreadyExists,       ///< it is there already
    Unauthenticated,     ///< say who you are
    PermissionDenied,    ///< you may not
    Conflict,            ///< someone else changed it: re-read and redo the step
    PreconditionFailed,  ///< wait for someone, or meet the condition first
    Blocked,             ///< the gate said BREAK
    ResourceExhausted,   ///< a bound was hit; later may do
    Unavailable,         ///< retry this call
    DeadlineExceeded,    ///< it took too long; for a write the outcome is unknown
    UnknownOutcome,      ///< a write may or may not have happened: read it back, never just resend
    Unimplemented,       ///< not modelled or not supported
    DataLoss,            ///< stored data is damaged: call a person
    Internal,            ///< our own mistake
};

/// The stable lower-case name of `code` ("invalid-argument"), used in problem types and logs.
std::string_view to_string(Code code);

/// A failure as a value: what went wrong, where, and how to mend it.
struct Error {
    Code code = Code::Internal;
    std::string message;     ///< one sentence, no trailing stop
    std::string mend = {};   ///< what the reader can do about it; may be empty
    std::string where = {};  ///< file:line, JSON pointer, object path; may be empty
    int retry_after_s = 0;   ///< > 0 when the other side named a time to wait

    friend bool operator==(const Error&, const Error&) = default;
};

inline Error error(Code code, std::string message, std::string mend = {}, std::string where = {}) {
    return Error{code, std::move(message), std::move(mend), std::move(where), 0};
}

/// A value of T, or an Error. `Result<void>` carries success alone.
template <class T>
class [[nodiscard]] Result {
public:
    using value_type = T;

    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
    Result(Error failure)
        : state_(std::in_place_index<1>, std::move(failure)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
    Error&& error() && { return std::get<1>(std::move(state_)); }

    /// Calls `next` with the value, or passes the error on; `next` returns a Result.
    template <class F>
    auto and_then(F&& next) && -> std::invoke_result_t<F, T&&> {
        if (!ok()) return std::get<1>(std::move(state_));
        return std::forward<F>(next)(std::get<0>(std::move(state_)));
    }

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;

    Result() = default;
    Result(Error failure) : failure_(std::move(failure)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool ok() const { return !failure_.has_value(); }
    explicit operator bool() const { return ok(); }
    [[nodiscard]] const Error& error() const& { return *failure_; }
    Error&& error() && { return *std::move(failure_); }

private:
    std::optional<Error> failure_;
};

}  // namespace helix
