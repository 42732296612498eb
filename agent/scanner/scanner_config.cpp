#include "agent/scanner/scanner_config.h"

#include "shared/x509/digest.h"
#include "shared/yaml/strict_yaml.h"

#include <algorithm>

namespace perennial::scanner {

namespace {

constexpr std::size_t mostSources = 100;

// What a plugin gets for one key: text, or the lines of a list.
void takeSetting(yaml::Reader& in, const yaml::Entry& entry, PluginSettings& settings)
{
    std::vector<std::string> lines;
    if (entry.value.kind == yaml::Value::Kind::Sequence)
        lines = in.texts(entry.key);
    else
        lines.push_back(in.text(entry.key));
    if (!in.failed() && lines.empty()) in.fail(entry.key, "must not be an empty list");
    std::string all;
    for (const auto& line : lines) {
        if (line.empty() || line.find('\n') != std::string::npos)
            in.fail(entry.key, "must be one line of text, or a list of such");
        all += (all.empty() ? "" : "\n") + line;
    }
    settings[entry.key] = all;
}

// The same for the same source with the same settings.
std::string memoryName(const std::string& kind, const PluginSettings& settings)
{
    std::string all;
    for (const auto& [key, value] : settings)
        all += key + '\0' + value + '\0';
    return kind + "-" + x509::sha256Hex(all).substr(0, 16) + memorySuffix;
}

Result<NamedSource> makeSource(yaml::Reader& in, const yaml::Value& value, const std::string& file,
    const PluginRegistry& plugins, const std::string& state)
{
    const auto kind = in.text("kind");
    PluginSettings settings;
    for (const auto& entry : value.mapping) {
        if (entry.key != "kind") takeSetting(in, entry, settings);
    }
    if (auto status = in.finish(); !status) return status.error();
    const auto where = file + ":" + std::to_string(value.line);
    auto source = plugins.makeDiscoverySource(kind, settings);
    if (!source) return source.error().in(where);
    return NamedSource{"source " + kind + " (" + where + ")", *std::move(source),
        state.empty() ? "" : state + "/" + memoryName(kind, settings)};
}

} // namespace

Result<ScannerConfig> loadConfig(
    const FileSystem& files, const std::string& file, const PluginRegistry& plugins)
{
    const auto text = files.read(file, yaml::Limits{}.bytes);
    if (!text) return text.error();
    const auto document = yaml::parse(*text, file);
    if (!document) return document.error();
    yaml::Reader in(*document, file);
    ScannerConfig config;
    if (in.has("state")) config.state = in.text("state");
    if (!config.state.empty() && config.state.front() != '/')
        in.fail("state", "must be an absolute path");
    auto readers = in.mappings("sources");
    if (!in.failed() && readers.size() > mostSources)
        in.fail("sources", "at most " + std::to_string(mostSources));
    if (in.failed()) return in.finish().error();

    const auto list = std::find_if(document->mapping.begin(), document->mapping.end(),
        [](const yaml::Entry& entry) { return entry.key == "sources"; });
    for (std::size_t i = 0; i < readers.size(); ++i) {
        auto source = makeSource(readers[i], list->value.sequence[i], file, plugins, config.state);
        if (!source) return source.error();
        config.sources.push_back(*std::move(source));
    }
    if (auto status = in.finish(); !status) return status.error();
    return config;
}

} // namespace perennial::scanner
