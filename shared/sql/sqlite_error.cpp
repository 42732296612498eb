#include "shared/sql/sqlite_error.h"

#include "shared/base/encoding.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace perennial::sql {

namespace {

constexpr std::size_t shownLimit = 120;

struct Meaning {
    ErrorKind kind;
    std::string text;
};

Meaning diskFull()
{
    return {ErrorKind::Internal, "no space is left on its disk; free some, then try again"};
}

Meaning meaningOfErrno(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT: return diskFull();
    case EACCES:
    case EPERM:
    case EROFS:
        return {ErrorKind::PermissionDenied, "this user may not read and write it and its folder"};
    case ENOENT:
    case ENOTDIR: return {ErrorKind::NotFound, "its folder is not there"};
    default: return {ErrorKind::Internal, std::system_category().message(number)};
    }
}

Meaning meaningOfConstraint(int code)
{
    const bool there = code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
                       code == SQLITE_CONSTRAINT_ROWID;
    if (there) return {ErrorKind::Conflict, "such a row is there already"};
    return {ErrorKind::Internal, "the row breaks a rule of its table"};
}

// SQLite's own errno may be that of a log that it looked for in vain.
Meaning meaningOfCannotOpen(sqlite3* handle, const std::string& file)
{
    const auto folder = std::filesystem::path(file).parent_path();
    if (::access(folder.c_str(), W_OK | X_OK) != 0) return meaningOfErrno(errno);
    if (::access(file.c_str(), R_OK | W_OK) != 0) return meaningOfErrno(errno);
    return meaningOfErrno(sqlite3_system_errno(handle));
}

Meaning meaningOf(sqlite3* handle, const std::string& file, int code)
{
    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {ErrorKind::Conflict, "another process is using it"};
    case SQLITE_CORRUPT:
        return {ErrorKind::Corrupt, "it is damaged; stop, keep it, and restore a backup"};
    case SQLITE_NOTADB: return {ErrorKind::Corrupt, "it is not a SQLite database"};
    case SQLITE_FULL: return diskFull();
    case SQLITE_CANTOPEN: return meaningOfCannotOpen(handle, file);
    case SQLITE_IOERR: return meaningOfErrno(sqlite3_system_errno(handle));
    case SQLITE_READONLY:
    case SQLITE_PERM: return meaningOfErrno(EACCES);
    case SQLITE_CONSTRAINT: return meaningOfConstraint(code);
    case SQLITE_TOOBIG: return {ErrorKind::InvalidInput, "a value is too large"};
    default: return {ErrorKind::Internal, "the statement failed"};
    }
}

} // namespace

std::string shownStatement(std::string_view sql)
{
    std::string shown;
    for (const char c : sql) {
        const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (!blank)
            shown += c;
        else if (!shown.empty() && shown.back() != ' ')
            shown += ' ';
    }
    if (shown.ends_with(' ')) shown.pop_back();
    return toPrintable(shown, shownLimit);
}

Error errorFrom(sqlite3* handle, const std::string& file, std::string_view doing)
{
    const int code = sqlite3_extended_errcode(handle);
    const auto meaning = meaningOf(handle, file, code);
    return {meaning.kind, toPrintable(file) + ": " + meaning.text + " (SQLite " +
                              std::to_string(code) + ": " + toPrintable(sqlite3_errmsg(handle)) +
                              "; " + shownStatement(doing) + ")"};
}

Error errorFromErrno(int number, const std::string& file, std::string_view doing)
{
    const auto meaning = meaningOfErrno(number);
    return {
        meaning.kind, toPrintable(file) + ": " + meaning.text + " (" + shownStatement(doing) + ")"};
}

} // namespace perennial::sql
