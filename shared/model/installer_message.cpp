#include "shared/model/installer_message.h"

#include <algorithm>
#include <charconv>

namespace perennial::model {

namespace {

static_assert(std::is_sorted(installerVerbs.begin(), installerVerbs.end()));
static_assert(std::is_sorted(installerFields.begin(), installerFields.end()));

Error refusal(const std::string& what)
{
    return {ErrorKind::InvalidInput, "installer message: " + what};
}

template <std::size_t Size>
bool isOn(const std::array<std::string_view, Size>& list, std::string_view name)
{
    return std::binary_search(list.begin(), list.end(), name);
}

// Takes the text up to the next `end`; nothing when there is none within `most` bytes.
bool takeUpTo(std::string_view& bytes, char end, std::size_t most, std::string_view& taken)
{
    const auto at = bytes.substr(0, most + 1).find(end);
    if (at == std::string_view::npos) return false;
    taken = bytes.substr(0, at);
    bytes.remove_prefix(at + 1);
    return true;
}

// Decimal, no sign, no leading zero.
bool readLength(std::string_view text, std::size_t& length)
{
    if (text.empty() || text.size() > 6 || (text.size() > 1 && text.front() == '0')) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    return error == std::errc() && end == text.data() + text.size();
}

} // namespace

const std::string& InstallerMessage::field(const std::string& name) const
{
    static const std::string none;
    const auto found = fields.find(name);
    return found == fields.end() ? none : found->second;
}

Result<std::string> encode(const InstallerMessage& message)
{
    if (!isOn(installerVerbs, message.verb)) return refusal("the verb is not on the list");
    std::string bytes = message.verb + "\n";
    for (const auto& [name, value] : message.fields) {
        if (!isOn(installerFields, name)) return refusal("a field's name is not on the list");
        if (value.size() > installerFieldLimit) return refusal(name + " is over 256 KB");
        bytes += name;
        bytes += " " + std::to_string(value.size()) + "\n";
        bytes += value;
    }
    if (bytes.size() > installerMessageLimit) return refusal("over 512 KB");
    return bytes;
}

Result<InstallerMessage> decodeInstallerMessage(std::string_view bytes)
{
    if (bytes.size() > installerMessageLimit) return refusal("over 512 KB");
    constexpr std::size_t wordLimit = 32;
    InstallerMessage message;
    std::string_view word;
    if (!takeUpTo(bytes, '\n', wordLimit, word) || !isOn(installerVerbs, word))
        return refusal("the verb is not on the list");
    message.verb = word;
    std::string_view last;
    while (!bytes.empty()) {
        std::string_view number;
        std::size_t length = 0;
        if (!takeUpTo(bytes, ' ', wordLimit, word) || !isOn(installerFields, word))
            return refusal("a field's name is not on the list");
        const std::string name(word);
        if (word <= last) return refusal(name + " is repeated or not in its place");
        if (!takeUpTo(bytes, '\n', wordLimit, number) || !readLength(number, length))
            return refusal(name + " has no length");
        if (length > installerFieldLimit) return refusal(name + " is over 256 KB");
        if (length > bytes.size()) return refusal(name + " is cut off");
        message.fields.emplace(name, bytes.substr(0, length));
        bytes.remove_prefix(length);
        last = word;
    }
    return message;
}

} // namespace perennial::model
