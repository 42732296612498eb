#pragma once

#include <string_view>

namespace perennial {

enum class LogLevel { Debug, Info, Warning, Error };

// What an operator reads on standard error (or in the journal): one line each, made printable, with
// a time unless systemd adds its own. The audit log is elsewhere; no secret ever comes here.
class Log {
public:
    explicit Log(std::string_view program, LogLevel level = LogLevel::Info);

    void debug(std::string_view message) const { write(LogLevel::Debug, message); }
    void info(std::string_view message) const { write(LogLevel::Info, message); }
    void warning(std::string_view message) const { write(LogLevel::Warning, message); }
    void error(std::string_view message) const { write(LogLevel::Error, message); }

private:
    void write(LogLevel level, std::string_view message) const;

    std::string_view program_; // a literal
    LogLevel level_;
};

} // namespace perennial
