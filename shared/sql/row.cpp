#include "shared/sql/database.h"

#include <stdexcept>

namespace perennial::sql {

namespace {

const std::string nothing;

} // namespace

template <class T>
const T* Row::find(std::size_t column) const
{
    if (isNull(column)) return nullptr;
    const auto* value = std::get_if<T>(&values_[column]);
    if (value == nullptr)
        throw std::logic_error("column " + std::to_string(column) + " holds another type");
    return value;
}

bool Row::isNull(std::size_t column) const
{
    if (column >= values_.size())
        throw std::logic_error("there is no column " + std::to_string(column));
    return std::holds_alternative<std::monostate>(values_[column]);
}

std::int64_t Row::integer(std::size_t column) const
{
    const auto* value = find<std::int64_t>(column);
    return value == nullptr ? 0 : *value;
}

const std::string& Row::text(std::size_t column) const
{
    const auto* value = find<std::string>(column);
    return value == nullptr ? nothing : *value;
}

const Bytes& Row::blob(std::size_t column) const
{
    const auto* value = find<Blob>(column);
    return value == nullptr ? nothing : value->bytes;
}

} // namespace perennial::sql
