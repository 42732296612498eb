#include "controller/enrollment/web/parameters.h"

#include <algorithm>

namespace perennial::enrollment::server::web {

Status Parameters::add(std::string_view name, Bytes value)
{
    if (name.empty() || name.size() > 64)
        return Error{ErrorKind::InvalidInput, "a parameter's name is empty or over 64 bytes"};
    if (values_.size() >= 64) return Error{ErrorKind::InvalidInput, "over 64 parameters"};
    if (!values_.emplace(lowered(name), std::move(value)).second)
        return Error{
            ErrorKind::InvalidInput, "the parameter " + toPrintable(name, 64) + " comes twice"};
    return {};
}

Result<Parameters> Parameters::fromQuery(const std::map<std::string, std::string>& query)
{
    Parameters parameters;
    for (const auto& [name, value] : query) {
        if (auto added = parameters.add(name, value); !added) return added.error();
    }
    return parameters;
}

const Bytes& Parameters::value(const std::string& name) const
{
    static const Bytes none;
    const auto found = values_.find(name);
    return found == values_.end() ? none : found->second;
}

std::string lowered(std::string_view text)
{
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

} // namespace perennial::enrollment::server::web
