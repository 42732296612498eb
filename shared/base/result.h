#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace perennial {

// What the caller can do about a failure; the message says what happened.
enum class ErrorKind {
    InvalidInput,     // the request or the file is wrong: fix it, do not retry
    NotFound,         // it is not there
    PermissionDenied, // this identity may not
    Unavailable,      // the other side did not answer: retry later
    Conflict,         // someone else changed it first: read again, then retry
    Corrupt,          // stored data fails its checks: stop and raise an alert
    Internal,         // a bug or an exhausted resource
};

constexpr bool isRetryable(ErrorKind kind)
{
    return kind == ErrorKind::Unavailable || kind == ErrorKind::Conflict;
}

std::string_view nameOf(ErrorKind kind); // "invalid-input", "not-found", ...
std::optional<ErrorKind> errorKindOf(std::string_view name);

struct Error {
    ErrorKind kind;
    std::string message;

    // Adds where it happened: error.in("loading policy web.yaml").
    Error in(std::string_view context) const
    {
        return {kind, std::string(context) + ": " + message};
    }
};

// A value or an Error. Expected failures are returned, never thrown.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    const T& value() const& { return std::get<0>(state_); }
    T& value() & { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    const T& operator*() const& { return value(); }
    T& operator*() & { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    const T* operator->() const { return &value(); }
    T* operator->() { return &value(); }

    const Error& error() const { return std::get<1>(state_); }

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    bool ok() const { return !error_.has_value(); }
    explicit operator bool() const { return ok(); }
    const Error& error() const { return *error_; }

private:
    std::optional<Error> error_;
};

using Status = Result<void>;

} // namespace perennial
