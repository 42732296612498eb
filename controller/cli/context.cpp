#include "controller/cli/context.h"

#include "controller/cli/json_text.h"
#include "shared/base/encoding.h"

namespace perennial::cli {

Result<ApiClient> Context::open(
    const std::optional<ServerSettings> CliConfig::*server, const std::string& name) const
{
    const auto config = readCliConfig(around_.files, around_.places);
    if (!config) return config.error();
    const auto& settings = (*config).*server;
    if (!settings)
        return Error{ErrorKind::InvalidInput, config->file + ": this command needs `" + name +
                                                  ":` with url, trust_file and token_file"};
    auto client = ApiClient::open(*settings, around_.files);
    if (!client) return client.error().in(config->file);
    return client;
}

Result<ApiClient> Context::controller() const { return open(&CliConfig::controller, "controller"); }

Result<ApiClient> Context::enrollment() const { return open(&CliConfig::enrollment, "enrollment"); }

Status Context::checkConfig() const
{
    const auto config = readCliConfig(around_.files, around_.places);
    if (!config) return config.error();
    for (const auto& server : {config->controller, config->enrollment}) {
        if (!server) continue;
        if (auto client = ApiClient::open(*server, around_.files); !client)
            return client.error().in(config->file);
    }
    print(toPrintable(config->file, 4096) + ": ok\n");
    return {};
}

bool Context::print(const std::string& text) const
{
    around_.out << text << std::flush;
    return around_.out.good();
}

void Context::printJson(const Json& json) const { print(prettyText(json)); }

void Context::print(const Table& table) const { print(table.toText(around_.terminal)); }

void Context::printList(const Table& table, const std::string& whenEmpty) const
{
    if (table.empty())
        tell(whenEmpty);
    else
        print(table);
}

void Context::tell(const std::string& message) const { around_.err << message << std::endl; }

int exitStatusOf(const Status& status)
{
    if (status) return 0;
    if (status.error().kind == ErrorKind::InvalidInput) return 2;
    return status.error().kind == ErrorKind::Unavailable ? 4 : 1;
}

} // namespace perennial::cli
