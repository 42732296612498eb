#include "plugins/systemd_discovery/credentials.h"

namespace perennial::plugins::systemd {

namespace {

constexpr std::size_t mostCredentials = 500; // of one unit

bool isLoaded(CredentialLine::Kind kind)
{
    return kind == CredentialLine::Kind::Load || kind == CredentialLine::Kind::LoadEncrypted;
}

} // namespace

std::string Credentials::take(const CredentialLine& line, const std::string& file)
{
    const bool isSet = !isLoaded(line.kind);
    if (line.value.empty()) {
        std::erase_if(all_, [&](const auto& one) { return one.first.first == isSet; });
        return {};
    }
    const auto colon = line.value.find(':');
    auto name = line.value.substr(0, colon);
    auto source = colon == std::string::npos ? name : line.value.substr(colon + 1);
    if (isSet && colon == std::string::npos) return "a credential without a value";
    if (!expand(name, unit_) || (!isSet && !expand(source, unit_)))
        return "a credential with a specifier that is not known here";
    if (name.empty() || name.find('/') != std::string::npos) return "a credential without a name";
    if (all_.size() == mostCredentials) return "too many credentials";
    all_[{isSet, name}] = {line.kind, std::move(source), file + ":" + std::to_string(line.line),
        line.certificates, line.isBroken};
    return {};
}

} // namespace perennial::plugins::systemd
