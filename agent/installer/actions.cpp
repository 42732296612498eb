#include "agent/installer/actions.h"

#include "shared/base/encoding.h"
#include "shared/base/pid_file.h"
#include "shared/base/transient_unit.h"
#include "shared/base/trusted_path.h"

namespace perennial::installer {

namespace {

constexpr std::size_t outputLimit = 4096;

Result<Finished> runProgram(const std::vector<std::string>& words, Duration timeout, bool asUnit)
{
    if (auto status = checkProgram(words.front()); !status) return status.error();
    Command command;
    command.program = words.front();
    command.arguments.assign(words.begin() + 1, words.end());
    command.environment = {
        {"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}, {"LANG", "C.UTF-8"}, {"HOME", "/"}};
    command.timeout = timeout;
    auto finished = run(asUnit ? asTransientUnit(command) : command);
    if (finished)
        finished->output = toPrintable(finished->output + finished->errorOutput, outputLimit);
    return finished;
}

// A service's own check looks at the whole host, which the installer's sandbox hides.
Result<Finished> runCheck(const std::vector<std::string>& check, Duration timeout)
{
    if (check.empty()) return Finished{};
    auto checked = runProgram(check, timeout, canUseTransientUnits());
    if (!checked) return checked.error().in("check");
    checked->output = toPrintable("the check failed: " + checked->output, outputLimit);
    return checked;
}

Result<Finished> perform(const ProgramAction& action)
{
    auto checked = runCheck(action.check, action.timeout);
    if (!checked || checked->status != 0) return checked;
    return runProgram(action.run, action.timeout, action.inUnit && canUseTransientUnits());
}

Result<Finished> perform(const SignalAction& action)
{
    auto checked = runCheck(action.check, action.timeout);
    if (!checked || checked->status != 0) return checked;
    if (auto status = signalProcessOf(action.pidFile, action.signal); !status)
        return status.error();
    return Finished{};
}

Status checkFirstWord(const std::vector<std::string>& words)
{
    return words.empty() ? Status() : checkProgram(words.front());
}

Status check(const ProgramAction& action)
{
    if (auto status = checkFirstWord(action.check); !status) return status.error().in("check");
    return checkFirstWord(action.run);
}

Status check(const SignalAction& action) { return checkFirstWord(action.check); }

} // namespace

Status checkAction(const Action& action)
{
    return std::visit([](const auto& one) { return check(one); }, action);
}

Result<Finished> runAction(const Action& action)
{
    return std::visit([](const auto& one) { return perform(one); }, action);
}

} // namespace perennial::installer
