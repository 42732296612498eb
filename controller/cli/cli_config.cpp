#include "controller/cli/cli_config.h"

#include "shared/yaml/strict_yaml.h"

#include <vector>

namespace perennial::cli {

namespace {

constexpr std::size_t configLimit = 64U << 10U;

std::string absolutePath(yaml::Reader& in, const std::string& key)
{
    auto path = in.text(key);
    if (!in.failed() && path.front() != '/') in.fail(key, "must be an absolute path");
    return path;
}

std::optional<ServerSettings> readServer(yaml::Reader& top, const std::string& name)
{
    auto in = top.optionalMapping(name);
    if (!in) return std::nullopt;
    ServerSettings server;
    server.name = name;
    server.url = in->text("url");
    if (!in->failed() && server.url.rfind("https://", 0) != 0)
        in->fail("url", "must begin with https://");
    while (!server.url.empty() && server.url.back() == '/')
        server.url.pop_back();
    server.trustFile = absolutePath(*in, "trust_file");
    server.tokenFile = absolutePath(*in, "token_file");
    return server;
}

Result<CliConfig> parseConfig(const std::string& text, const std::string& file)
{
    const auto parsed = yaml::parse(text, file);
    if (!parsed) return parsed.error();
    yaml::Reader in(*parsed, file);
    CliConfig config;
    config.file = file;
    config.controller = readServer(in, "controller");
    config.enrollment = readServer(in, "enrollment");
    if (auto status = in.finish(); !status) return status.error();
    return config;
}

Error wrong(const std::string& message) { return {ErrorKind::InvalidInput, message}; }

} // namespace

Result<CliConfig> readCliConfig(const FileSystem& files, const ConfigPlaces& places)
{
    for (const auto& [file, named] :
        {std::pair(places.option, "--config"), std::pair(places.environment, "PERENNIAL_CONFIG")}) {
        if (file.empty()) continue;
        const auto text = files.read(file, configLimit);
        if (!text) return wrong(text.error().message + " (named by " + named + ")");
        return parseConfig(*text, file);
    }
    std::vector<std::string> usual;
    if (!places.home.empty()) usual.push_back(places.home + "/.config/perennial/perennial.yaml");
    usual.push_back(places.system);
    std::string looked;
    for (const auto& file : usual) {
        const auto text = files.read(file, configLimit);
        if (text) return parseConfig(*text, file);
        if (text.error().kind != ErrorKind::NotFound) return wrong(text.error().message);
        looked += "\n  " + file;
    }
    return wrong("no configuration found. Write one (perennial(1) has an example), or name it with "
                 "--config or PERENNIAL_CONFIG. Looked in:" +
                 looked);
}

} // namespace perennial::cli
