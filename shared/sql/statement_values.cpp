#include "shared/sql/statement_values.h"

namespace perennial::sql {

namespace {

struct BindTo {
    sqlite3_stmt* statement;
    int position;

    int operator()(std::monostate) const { return sqlite3_bind_null(statement, position); }
    int operator()(std::int64_t number) const
    {
        return sqlite3_bind_int64(statement, position, number);
    }
    int operator()(const std::string& text) const
    {
        return sqlite3_bind_text64(
            statement, position, text.data(), text.size(), nullptr, SQLITE_UTF8);
    }
    int operator()(const Blob& blob) const
    {
        return sqlite3_bind_blob64(
            statement, position, blob.bytes.data(), blob.bytes.size(), nullptr);
    }
};

Bytes bytesOf(sqlite3_stmt* statement, int column)
{
    const auto* start = static_cast<const char*>(sqlite3_column_blob(statement, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    return start == nullptr ? Bytes() : Bytes(start, size);
}

} // namespace

int bindValue(sqlite3_stmt* statement, int position, const Value& value)
{
    return std::visit(BindTo{statement, position}, value);
}

std::optional<Value> valueOf(sqlite3_stmt* statement, int column)
{
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL: return Value();
    case SQLITE_INTEGER: return Value(std::int64_t{sqlite3_column_int64(statement, column)});
    case SQLITE_TEXT: return Value(bytesOf(statement, column));
    case SQLITE_BLOB: return Value(Blob{bytesOf(statement, column)});
    default: return std::nullopt;
    }
}

} // namespace perennial::sql
