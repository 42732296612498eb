#include "agent/token_keeper/keeper_config.h"

#include "shared/base/accounts.h"
#include "shared/base/environment.h"
#include "shared/base/trusted_path.h"
#include "shared/model/token_message.h"
#include "shared/yaml/strict_yaml.h"

namespace perennial::token_keeper {

namespace {

// The installer waits for a minute.
constexpr Duration longestTimeout{55};

} // namespace

Result<KeeperConfig> loadConfig(const std::filesystem::path& file)
{
    auto text = readTrustedFile(file);
    if (!text) return text.error();
    auto document = yaml::parse(*text, file.string());
    if (!document) return document.error();
    yaml::Reader in(*document, file.string());
    KeeperConfig config;
    auto socket = in.mapping("socket");
    config.socket = socket.absolutePath("path");
    config.socketMode = socket.modeOr("mode", 0600, 0666);
    config.module = in.absolutePath("module");
    for (const auto& line : in.textsOr("variables", {})) {
        const auto variable = variableFrom(line);
        if (variable)
            config.variables.insert(*variable);
        else
            in.fail("variables", variable.error().message);
    }
    config.token = in.text("token");
    if (in.has("pin_file") == in.has("pin_credential"))
        in.fail("pin_file", "either this or pin_credential");
    else if (in.has("pin_file"))
        config.pin = {CredentialSource::Kind::File, in.absolutePath("pin_file")};
    else
        config.pin = {CredentialSource::Kind::Service, in.text("pin_credential")};
    config.keys = in.texts("keys");
    for (const auto& label : config.keys) {
        if (label.empty() || label.size() > model::tokenLabelLimit || label.ends_with(".next") ||
            label.ends_with(".previous"))
            in.fail("keys", "labels of keys, without our own endings .next and .previous");
    }
    for (const auto& caller : in.textsOr("callers", {"root"})) {
        const auto user = findUser(caller);
        if (user)
            config.callers.push_back(*user);
        else
            in.fail("callers", user.error().message);
    }
    config.timeout = in.durationOr("timeout", Duration(45));
    if (config.timeout < Duration(1) || config.timeout > longestTimeout)
        in.fail("timeout", "between 1s and 55s");
    if (auto status = in.finish(); !status) return status.error();
    return config;
}

} // namespace perennial::token_keeper
