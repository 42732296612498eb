#include "shared/base/transient_unit.h"

#include <filesystem>
#include <unistd.h>

namespace perennial {

bool canUseTransientUnits()
{
    std::error_code ignored;
    return ::geteuid() == 0 && std::filesystem::is_directory("/run/systemd/system", ignored);
}

Command asTransientUnit(const Command& command, const std::vector<std::string>& settings)
{
    Command unit = command;
    unit.program = "/usr/bin/systemd-run";
    unit.arguments = {"--quiet", "--collect", "--wait", "--pipe", "--service-type=exec",
        "--property=RuntimeMaxSec=" + std::to_string(command.timeout.count()),
        "--working-directory=" + command.workingFolder};
    for (const auto& [name, value] : command.environment)
        unit.arguments.push_back("--setenv=" + name + "=" + value);
    unit.arguments.insert(unit.arguments.end(), settings.begin(), settings.end());
    unit.arguments.emplace_back("--");
    unit.arguments.push_back(command.program);
    for (const auto& argument : command.arguments) {
        unit.arguments.emplace_back();
        for (const char c : argument) // systemd would put a variable's value in place of $NAME
            unit.arguments.back().append(c == '$' ? 2 : 1, c);
    }
    unit.timeout += Duration(5); // systemd is first
    return unit;
}

} // namespace perennial
