#include "plugins/apache_discovery/conditions.h"

#include <algorithm>
#include <filesystem>

namespace perennial::plugins::apache {

namespace fs = std::filesystem;

namespace {

// Part of the program itself as Debian builds it.
constexpr const char* builtIn[] = {
    "core", "so", "http", "unixd", "log_config", "logio", "version", "watchdog"};

using Verdict = Conditions::Verdict;

Verdict verdictOf(bool holds, bool negated)
{
    return holds != negated ? Verdict::Holds : Verdict::Fails;
}

} // namespace

Conditions::Conditions(
    std::string serverRoot, Variables defined, const std::vector<std::string>& modules)
    : serverRoot_(std::move(serverRoot)), variables_(std::move(defined)),
      modules_(modules.begin(), modules.end())
{
    for (const auto& [name, value] : variables_)
        defined_.insert(name);
    for (const std::string name : builtIn) {
        modules_.insert(name + "_module");
        modules_.insert("mod_" + name + ".c");
        modules_.insert(name == "http" ? "http_core.c" : name + ".c");
    }
}

bool Conditions::take(const std::string& name, const std::vector<std::string>& arguments)
{
    if (arguments.empty()) return false;
    if (name == "define") {
        defined_.insert(arguments[0]);
        if (arguments.size() > 1) variables_[arguments[0]] = arguments[1];
    } else if (name == "undefine") {
        defined_.erase(arguments[0]);
        variables_.erase(arguments[0]);
    } else if (name == "serverroot") {
        serverRoot_ = arguments[0];
    } else if (name == "loadmodule" && arguments.size() > 1) {
        // A module is asked for by its own name or by that of its source file, which by all custom
        // is that of its library.
        const auto library = fs::path(arguments[1]).stem().string();
        modules_.insert(arguments[0]);
        modules_.insert(library + ".c");
        if (library.starts_with("mod_mpm_")) modules_.insert(library.substr(8) + ".c");
    } else {
        return false;
    }
    return true;
}

std::string Conditions::pathOf(const std::string& path) const
{
    return (fs::path(serverRoot_) / path).string();
}

Verdict Conditions::judge(
    const std::string& section, const std::vector<std::string>& arguments) const
{
    const bool known = section == "ifmodule" || section == "ifdefine" || section == "iffile";
    if (!known) {
        const bool other =
            section == "ifversion" || section == "ifdirective" || section == "ifsection";
        return other ? Verdict::Unknown : Verdict::NoCondition;
    }
    if (arguments.empty() || arguments[0].empty()) return Verdict::Fails;
    const bool negated = arguments[0].front() == '!';
    const auto name = arguments[0].substr(negated ? 1 : 0);
    if (section == "ifmodule") return verdictOf(modules_.count(name) > 0, negated);
    if (section == "ifdefine") return verdictOf(defined_.count(name) > 0, negated);
    std::error_code problem;
    return verdictOf(fs::exists(pathOf(name), problem), negated);
}

} // namespace perennial::plugins::apache
